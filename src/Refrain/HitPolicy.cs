namespace Refrain;

/// <summary>What may answer one query. Immutable; build it once and reuse it.</summary>
public sealed record HitPolicy
{
    /// <summary>Exact, durable and semantic hits, at the threshold of the embedding space.</summary>
    public static HitPolicy Default { get; } = new();

    /// <summary>Only the very same request: nothing is embedded.</summary>
    public static HitPolicy ExactOnly { get; } = new() { Semantic = false };

    /// <summary>Whether a near text may answer. Default: true.</summary>
    public bool Semantic { get; init; } = true;

    /// <summary>Smallest cosine similarity, in [-1, 1], of a semantic hit. Null: the threshold of the cache.</summary>
    public float? SimilarityThreshold { get; init; }

    /// <summary>The guards that a semantic hit must pass. Null: those of the cache.</summary>
    public Guards? Guards { get; init; }

    /// <summary>Semantic hits are looked for, measured and counted, but not served. Default: false.</summary>
    public bool Shadow { get; init; }
}
