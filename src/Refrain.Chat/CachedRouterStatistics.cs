namespace Refrain.Chat;

/// <summary>What a <see cref="CachedRouter"/> has done since it was made.</summary>
public sealed record CachedRouterStatistics
{
    /// <summary>All requests.</summary>
    public required long TotalOperations { get; init; }

    /// <summary>Hits among the requests that went through the cache, in [0, 1].</summary>
    public required double HitRate { get; init; }

    /// <summary>Semantic hits among the requests that went through the cache, in [0, 1].</summary>
    public required double SemanticHitRate { get; init; }

    /// <summary>Mean time of a hit in the cache, which may serve other clients too.</summary>
    public required TimeSpan AverageHitLatency { get; init; }

    /// <summary>What the hits would have cost, less what the embeddings cost.</summary>
    public required decimal BudgetSaved { get; init; }

    /// <summary>What has been spent in the budget's present window.</summary>
    public required decimal BudgetSpent { get; init; }

    /// <summary>What is neither spent nor reserved.</summary>
    public required decimal BudgetRemaining { get; init; }

    /// <summary>The chats, by what became of them.</summary>
    public required ChatStatistics Chats { get; init; }

    /// <summary>The upstream calls.</summary>
    public required RouterStatistics Router { get; init; }
}
