namespace Refrain.Vectors;

/// <summary>What <see cref="VectorIndex.Inspect"/> found: whether the index finds what it holds, and on what kind of memory.</summary>
public sealed record VectorIndexInspection
{
    /// <summary>Queries that <see cref="Recall"/> is taken over: vectors of a random sample, each turned to a cosine of 0.8; fewer than asked for where there are fewer vectors.</summary>
    public required int SampleCount { get; init; }

    /// <summary>
    /// Share of the queries, in [0, 1], for which <see cref="VectorIndex.Find"/> returned a vector as near as the nearest of all, found by comparing every vector of the namespace; NaN without
    /// a vector.
    /// </summary>
    public required double Recall { get; init; }

    /// <summary>Vectors that the graphs of large namespaces cover; 0 where all namespaces are small.</summary>
    public required int LinkedCount { get; init; }

    /// <summary>Of these, how many cannot be reached along links from the others: 0 in a sound graph. Searches that need the graph pass them over.</summary>
    public required int UnreachableCount { get; init; }

    /// <summary>Links of a covered vector, fewest; 0 where nothing is covered.</summary>
    public required int DegreeMin { get; init; }

    /// <summary>Links of a covered vector, on average; 0 where nothing is covered.</summary>
    public required double DegreeMean { get; init; }

    /// <summary>Bytes of records, sketches and tables.</summary>
    public required long MappedSize { get; init; }

    /// <summary>Of these, bytes on pages of 2 MiB, as the system tells at this moment; -1 where it does not tell. On ordinary pages searches of a large index are slower: 1.3 to 1.8 times where memory is cold.</summary>
    public required long HugePageSize { get; init; }
}
