namespace Refrain.Gateway;

/// <summary>What <c>GET /stats</c> tells: the cache since it opened, and the last answers. No prompt, no key, no tenant.</summary>
internal sealed record StatsDocument
{
    public required DateTimeOffset StartedAt { get; init; }

    public required string Model { get; init; }

    public required string Embedder { get; init; }

    public required float? SimilarityThreshold { get; init; }

    public required string Store { get; init; }

    public required BudgetRecord? Budget { get; init; }

    public required CacheStatistics Cache { get; init; }

    public required IReadOnlyList<RequestRecord> Last { get; init; }
}
