namespace Refrain.Chat;

/// <summary>What went through a <see cref="RefrainChatClient"/> since it was made.</summary>
public sealed record ChatStatistics
{
    /// <summary>Hits in process.</summary>
    public long ExactHits { get; init; }

    /// <summary>Hits in the durable store.</summary>
    public long DurableHits { get; init; }

    /// <summary>Hits of similar texts.</summary>
    public long SemanticHits { get; init; }

    /// <summary>Requests that the cache could not answer, shared calls included.</summary>
    public long Misses { get; init; }

    /// <summary>Misses that another caller's upstream call answered.</summary>
    public long Shared { get; init; }

    /// <summary>Requests that did not go through the cache.</summary>
    public long Bypassed { get; init; }

    /// <summary>Answers that were stored.</summary>
    public long Stored { get; init; }

    /// <summary>Answers that were not, by reason: unfinished, truncated, filtered, empty, toolCalls, error, otherEnd, fallback, serverState, notReplayable.</summary>
    public IReadOnlyDictionary<string, long> NotStored { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>What the hits had cost to make.</summary>
    public decimal Saved { get; init; }

    /// <summary>What the embeddings cost, at the price of the options and an estimate of the tokens.</summary>
    public decimal EmbeddingCost { get; init; }

    /// <summary><see cref="Saved"/> less <see cref="EmbeddingCost"/>; negative where the cache costs more than it saves.</summary>
    public decimal NetSaved => Saved - EmbeddingCost;

    /// <summary>All hits.</summary>
    public long Hits => ExactHits + DurableHits + SemanticHits;

    /// <summary>All requests.</summary>
    public long Requests => Hits + Misses + Bypassed;

    /// <summary>Hits among the requests that went through the cache, in [0, 1].</summary>
    public double HitRate => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);

    /// <summary>Semantic hits among the requests that went through the cache, in [0, 1].</summary>
    public double SemanticHitRate => Hits + Misses == 0 ? 0 : (double)SemanticHits / (Hits + Misses);
}
