namespace Refrain.Vectors;

/// <summary>What an index holds and what its searches have cost, since it was opened.</summary>
public sealed record VectorIndexStatistics
{
    /// <summary>Vectors held, expired but not yet removed ones included.</summary>
    public required int Count { get; init; }

    /// <summary>Namespaces that hold at least one vector.</summary>
    public required int NamespaceCount { get; init; }

    /// <summary>Vectors there is room for before the arena must grow.</summary>
    public required long SlotCount { get; init; }

    /// <summary>Bytes of memory, mapped and anonymous: the sum of the five that follow.</summary>
    public long MemorySize => RecordSize + SketchSize + TableSize + KeySize + ContextSize;

    /// <summary>Bytes of records: codes and links, with the room for more. Mapped from the file where there is one.</summary>
    public required long RecordSize { get; init; }

    /// <summary>Bytes of sketches: 64 a slot.</summary>
    public required long SketchSize { get; init; }

    /// <summary>Bytes of the band tables of large namespaces.</summary>
    public required long TableSize { get; init; }

    /// <summary>Bytes of what finds keys and lists namespaces.</summary>
    public required long KeySize { get; init; }

    /// <summary>Bytes that searches work in: a set for each that ever ran beside others.</summary>
    public required long ContextSize { get; init; }

    /// <summary>Bytes of the file; 0 without one.</summary>
    public required long FileSize { get; init; }

    /// <summary>
    /// How much of each vector all have in common: the square of the mean's length, in [0, 1]; NaN until it is measured on the first 2,000. A similarity τ acts like
    /// (τ − m²) / (1 − m²) once the mean is taken away: where that is below 0.83, searches cost more and find less.
    /// </summary>
    public required float MeanSquare { get; init; }

    /// <summary>Searches made.</summary>
    public required long SearchCount { get; init; }

    /// <summary>Lines of band tables that searches read.</summary>
    public required long LineCount { get; init; }

    /// <summary>Sketches that searches compared.</summary>
    public required long SketchCount { get; init; }

    /// <summary>Codes that searches compared.</summary>
    public required long CodeCount { get; init; }

    /// <summary>Codes that searches compared by all their bits, because bytes alone did not decide.</summary>
    public required long FineCount { get; init; }

    /// <summary>Threshold searches that band tables alone settled as misses, as surely as <see cref="VectorIndexOptions.MissConfidence"/> asks.</summary>
    public required long CertifiedMissCount { get; init; }

    /// <summary>Threshold searches that band tables alone could not settle, so that sketches or links were searched.</summary>
    public required long UncertainCount { get; init; }

    /// <summary>Vectors of large namespaces that are not linked to the graph yet: they are found all the same, one by one.</summary>
    public required int UnlinkedCount { get; init; }

    /// <summary>Links a vector has, on average over a sample of the linked ones; 0 if none is.</summary>
    public required float MeanDegree { get; init; }

    /// <summary>Vectors refused because there was no room, in memory or on the disk.</summary>
    public required long RefusedCount { get; init; }

    /// <summary>True once the disk failed: the file is not written any more, and the index lives in memory.</summary>
    public required bool Detached { get; init; }

    /// <summary>The instruction set that the inner loops use, such as "AvxVnni".</summary>
    public required string Kernel { get; init; }
}
