namespace Refrain.Sqlite;

/// <summary>How a <see cref="SqliteStore"/> behaves.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>Decides what has expired. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// True: a write is on the disk before it is acknowledged, and survives a power cut. False (the default): it survives the death of the process, and a power cut may
    /// take the last ones, but never damages the file.
    /// </summary>
    public bool SyncsEachWrite { get; init; }

    /// <summary>How long a call waits for another process that is writing to the same file. Default: 5 s.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Bytes of the file that may be in use; beyond, the entries that were used longest ago go, in the background. The journal beside it takes up to 64 MiB more. At least
    /// <see cref="BytesMin"/>. Null (the default): no bound but the entries' times to live.
    /// </summary>
    public long? BytesMax { get; init; }

    /// <summary>The smallest <see cref="BytesMax"/>.</summary>
    public const long BytesMin = 1024 * 1024;

    /// <summary>Whether the structure of the file is checked when it is opened, which takes time with its size; a damaged one is set aside. Default: true.</summary>
    public bool ChecksAtOpen { get; init; } = true;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (BytesMax < BytesMin)
            throw new ArgumentException($"BytesMax is {BytesMax}, expected null, or {BytesMin} bytes at least.");
        if (BusyTimeout < TimeSpan.Zero || BusyTimeout > TimeSpan.FromMinutes(10))
            throw new ArgumentException($"BusyTimeout is {BusyTimeout}, expected zero to ten minutes.");
    }
}
