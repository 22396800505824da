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

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (BusyTimeout < TimeSpan.Zero || BusyTimeout > TimeSpan.FromMinutes(10))
            throw new ArgumentException($"BusyTimeout is {BusyTimeout}, expected zero to ten minutes.");
    }
}
