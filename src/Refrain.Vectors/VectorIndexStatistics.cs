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

    /// <summary>Bytes of memory, mapped and anonymous.</summary>
    public required long MemorySize { get; init; }

    /// <summary>Bytes of the file; 0 without one.</summary>
    public required long FileSize { get; init; }

    /// <summary>Searches made.</summary>
    public required long SearchCount { get; init; }

    /// <summary>Stored vectors whose similarity was computed.</summary>
    public required long ScoredCount { get; init; }

    /// <summary>Vectors refused because there was no room, in memory or on the disk.</summary>
    public required long RefusedCount { get; init; }

    /// <summary>True once the disk failed: the file is not written any more, and the index lives in memory.</summary>
    public required bool Detached { get; init; }

    /// <summary>The instruction set that the inner loops use, such as "AvxVnni".</summary>
    public required string Kernel { get; init; }
}
