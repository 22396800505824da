namespace Refrain.Vectors;

/// <summary>What a <see cref="VectorIndex"/> is made for. Immutable.</summary>
public sealed record VectorIndexOptions
{
    /// <summary>Fewest numbers a vector may have.</summary>
    public const int DimensionsMin = 64;

    /// <summary>Most numbers a vector may have.</summary>
    public const int DimensionsMax = 4096;

    /// <summary>Greatest effort of a search.</summary>
    public const int EfSearchMax = 4096;

    /// <summary>Numbers in a vector, from <see cref="DimensionsMin"/> to <see cref="DimensionsMax"/>.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Digest of whatever makes vectors comparable, such as the embedding model. A file made for another digest is not opened.</summary>
    public ulong SpaceDigest { get; init; }

    /// <summary>
    /// Chance, in [0.5, 1), that <see cref="VectorIndex.TryFind"/> finds a vector which lies exactly at the similarity asked for.
    /// Farther inside, the chance is greater. Default: 0.999.
    /// </summary>
    public double MissConfidence { get; init; } = 0.999;

    /// <summary>
    /// Effort of a search for the nearest, from 8 to <see cref="EfSearchMax"/>: so many candidates are kept while links are followed. Where the nearest is near, the tables
    /// find it without; where it is far, more effort finds it more often. An effort of one for 1,200 vectors, or more, is spent on a look at all sketches, which finds more
    /// than the links do. Default: 128.
    /// </summary>
    public int EfSearch { get; init; } = 128;

    /// <summary>Most vectors held at once; at least 1. When it is reached, <see cref="VectorIndex.Add"/> returns false. Default: 16 million.</summary>
    public int CountMax { get; init; } = 16_000_000;

    /// <summary>How often changes are written to the disk in the background; also the most that a power cut can take. Default: one second.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// True (the default): a file that is damaged or was made for something else is renamed, and an empty index takes its place.
    /// False: <see cref="VectorIndex.Open"/> throws <see cref="CorruptArenaException"/> and leaves the file alone.
    /// </summary>
    public bool SetAsideDamaged { get; init; } = true;

    /// <summary>Clock for expiry and flushing. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>In the time that the graph takes for a candidate of <see cref="EfSearch"/>, so many sketches are compared in a row.</summary>
    internal int SketchesPerCandidate { get; init; } = 1200;

    /// <summary>Slots an extent holds: a power of two. Null: as many as fit in 64 MiB. Tests make it small.</summary>
    internal int? ExtentSlotCount { get; init; }

    /// <summary>Seed of the rotation. Null: drawn at random for each new index. Tests and benchmarks fix it.</summary>
    internal ulong? Seed { get; init; }

    /// <summary>Called before each flush of the file; throws what the disk would. Null: the disk alone may fail.</summary>
    internal Action? FlushFault { get; init; }

    /// <exception cref="ArgumentNullException">There are no options, or they have no clock.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal static void Validate(VectorIndexOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, DimensionsMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, DimensionsMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CountMax, 1);
        ThrowIfNoEffort(options.EfSearch);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FlushInterval, TimeSpan.Zero);
        if (!(options.MissConfidence is >= 0.5 and < 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.MissConfidence, "MissConfidence must be at least 0.5 and less than 1.");
    }

    /// <exception cref="ArgumentOutOfRangeException">The effort is out of its range.</exception>
    internal static void ThrowIfNoEffort(int efSearch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(efSearch, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(efSearch, EfSearchMax);
    }
}
