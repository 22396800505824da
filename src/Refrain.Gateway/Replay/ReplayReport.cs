namespace Refrain.Gateway;

/// <summary>What a replay found. Shares are from 0 to 1, money in the currency of the price list.</summary>
internal sealed record ReplayReport
{
    public required string File { get; init; }

    public required string Embedder { get; init; }

    /// <summary>Smallest similarity of a semantic hit; null where nothing was embedded.</summary>
    public required float? SimilarityThreshold { get; init; }

    public required string Store { get; init; }

    public required string Model { get; init; }

    public required long Prompts { get; init; }

    /// <summary>Prompts that the cache refused: too long, or not valid text.</summary>
    public required long Refused { get; init; }

    public required long Hits { get; init; }

    public required double HitRate { get; init; }

    public required IReadOnlyList<ReplayOutcome> Outcomes { get; init; }

    /// <summary>Hits on an answer that was made for another group; null where the file names no groups.</summary>
    public required long? WrongHits { get; init; }

    /// <summary>Wrong hits among hits; null where the file names no groups.</summary>
    public required double? WrongShareOfHits { get; init; }

    public required IReadOnlyList<ReplayStage> Stages { get; init; }

    public required long EmbeddingsComputed { get; init; }

    public required long EmbeddingsSaved { get; init; }

    /// <summary>Near texts that a guard refused.</summary>
    public required long GuardRefusals { get; init; }

    public required string Currency { get; init; }

    public required decimal Spent { get; init; }

    public required decimal Saved { get; init; }

    /// <summary>Seconds that the model took, counted and not slept.</summary>
    public required double ModelSeconds { get; init; }

    /// <summary>Seconds that the model would have taken for the hits.</summary>
    public required double ModelSecondsSaved { get; init; }

    /// <summary>Seconds that the replay itself took.</summary>
    public required double ElapsedSeconds { get; init; }
}
