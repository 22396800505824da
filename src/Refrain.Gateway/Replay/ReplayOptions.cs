namespace Refrain.Gateway;

/// <summary>How a file is replayed.</summary>
internal sealed record ReplayOptions
{
    /// <summary>The demo model that answers what the cache cannot.</summary>
    public string Model { get; init; } = DemoModel.ModelNames[0];

    /// <summary>Smallest similarity of a semantic hit, or null for that of the embedder.</summary>
    public float? SimilarityThreshold { get; init; }

    /// <summary>Whether only the very same text may hit.</summary>
    public bool ExactOnly { get; init; }

    /// <summary>At most so many questions, or null for all.</summary>
    public long? Limit { get; init; }
}
