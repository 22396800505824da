namespace Refrain;

/// <summary>What a cache has done since it opened, and what it holds. A snapshot; its parts may be a few calls apart.</summary>
public sealed record CacheStatistics
{
    /// <summary>Hits in the table in process.</summary>
    public required long ExactHits { get; init; }

    /// <summary>Hits in the durable store.</summary>
    public required long DurableHits { get; init; }

    /// <summary>Answers that were given for a near text.</summary>
    public required long SemanticHits { get; init; }

    /// <summary>Semantic hits that were found but, in shadow mode, not served. They count as misses as well.</summary>
    public required long ShadowHits { get; init; }

    /// <summary>Callers who were given the answer that another caller's factory made meanwhile. They count as exact hits as well.</summary>
    public required long SharedAnswers { get; init; }

    /// <summary>Lookups that no tier could answer.</summary>
    public required long Misses { get; init; }

    /// <summary>Near texts that a guard refused.</summary>
    public long GuardRefusals => Refusals.Total;

    /// <summary>Near texts that each guard refused.</summary>
    public required RefusalCounts Refusals { get; init; }

    /// <summary>Answers that were reported as wrong.</summary>
    public required long WrongHitsReported { get; init; }

    /// <summary>Texts and answers that were too long to be cached.</summary>
    public required long Oversized { get; init; }

    /// <summary>Stale answers that could not be made anew in the background.</summary>
    public required long RefreshFailures { get; init; }

    /// <summary>All hits.</summary>
    public long Hits => ExactHits + DurableHits + SemanticHits;

    /// <summary>All lookups.</summary>
    public long Lookups => Hits + Misses;

    /// <summary>Hits among lookups, in [0, 1]; 0 before the first lookup.</summary>
    public double HitRate => Lookups == 0 ? 0 : Hits / (double)Lookups;

    /// <summary>Semantic hits among lookups, in [0, 1]; 0 before the first lookup.</summary>
    public double SemanticHitRate => Lookups == 0 ? 0 : SemanticHits / (double)Lookups;

    /// <summary>
    /// How long hits took. Exact hits are sampled, one in <see cref="SemanticCache.SamplingPeriod"/>; so are lookups whose embedding is given or remembered, one in sixteen. What is sampled counts
    /// for as many.
    /// </summary>
    public required LatencySummary HitLatency { get; init; }

    /// <summary>How long misses took, without what the caller did about them. Those whose embedding was given or remembered are sampled, one in sixteen.</summary>
    public required LatencySummary MissLatency { get; init; }

    /// <summary>Entries in the table in process.</summary>
    public required long ExactEntries { get; init; }

    /// <summary>Bytes they take.</summary>
    public required long ExactBytes { get; init; }

    /// <summary>Vectors in the semantic index.</summary>
    public required long IndexedEntries { get; init; }

    /// <summary>Texts that were embedded.</summary>
    public required long EmbeddingsComputed { get; init; }

    /// <summary>Embeddings that were needed, and given by the caller, remembered, or shared with another lookup.</summary>
    public required long EmbeddingsSaved { get; init; }

    /// <summary>Embeddings that failed or took too long.</summary>
    public required long EmbeddingFailures { get; init; }

    /// <summary>Calls of the durable store that failed or took too long.</summary>
    public required long DurableFailures { get; init; }

    /// <summary>Failures of the semantic index.</summary>
    public required long IndexFailures { get; init; }

    /// <summary>Stored entries that were not believed: damaged, of another version, or not what was asked for.</summary>
    public required long EntriesRejected { get; init; }

    /// <summary>Writes handed to the write-back: always those stored, dropped and pending.</summary>
    public required long WritesIssued { get; init; }

    /// <summary>Writes that the durable store acknowledged.</summary>
    public required long WritesStored { get; init; }

    /// <summary>Writes that were given up, since too many waited or the cache was closed, and those that a later one of the same key replaced.</summary>
    public required long WritesDropped { get; init; }

    /// <summary>Writes that wait.</summary>
    public required long WritesPending { get; init; }

    /// <summary>Bytes of the writes that wait.</summary>
    public required long WritesPendingBytes { get; init; }

    /// <summary>What the stored answers cost to make, in the currency of <see cref="CacheEntryOptions.Cost"/>.</summary>
    public required decimal Spent { get; init; }

    /// <summary>What the hits would have cost.</summary>
    public required decimal Saved { get; init; }
}
