namespace Refrain;

/// <summary>What is asked of the cache: a scope, which must be equal, and a text, which may be merely similar.</summary>
public readonly struct CacheQuery
{
    private readonly HitPolicy? _policy;

    /// <summary>A question within a scope.</summary>
    /// <param name="scope">Everything that must be equal.</param>
    /// <param name="text">The question; not empty.</param>
    /// <exception cref="ArgumentException">The scope is null, or the text null or empty.</exception>
    public CacheQuery(CacheScope scope, string text)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentException.ThrowIfNullOrEmpty(text);
        Scope = scope;
        Text = text;
    }

    /// <summary>Everything that must be equal.</summary>
    public CacheScope Scope { get; internal init; }

    /// <summary>The question. Its exact UTF-8 counts: nothing is trimmed, folded or normalised.</summary>
    public string Text { get; }

    /// <summary>The embedding of <see cref="Text"/> in the cache's <see cref="EmbeddingSpace"/>, if the caller has it; then nothing is embedded.</summary>
    /// <remarks>Its length is the space's number of dimensions; every number is finite, and not all are zero. The cache refuses others with an <see cref="ArgumentException"/>.</remarks>
    public ReadOnlyMemory<float> Embedding { get; init; }

    /// <summary>What may answer. Default: <see cref="HitPolicy.Default"/>.</summary>
    public HitPolicy Policy
    {
        get => _policy ?? HitPolicy.Default;
        init => _policy = value;
    }
}
