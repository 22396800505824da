using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>What one request asks of the cache. Immutable; place it on the options with <see cref="RefrainRequestExtensions.WithRefrain"/>.</summary>
public sealed record RefrainRequest
{
    /// <summary>Nothing out of the ordinary.</summary>
    public static RefrainRequest Default { get; } = new();

    /// <summary>Whose answers these are. Null: <see cref="RefrainChatOptions.Tenant"/>. Tenants never see each other's answers.</summary>
    public string? Tenant { get; init; }

    /// <summary>The cache is neither read nor written.</summary>
    public bool Bypass { get; init; }

    /// <summary>The cache is read; what the provider answers on a miss is not stored, and the call is shared with nobody. HTTP: <c>no-store</c>.</summary>
    public bool NoStore { get; init; }

    /// <summary>The cache is not read; the provider's new answer replaces the stored one. HTTP: <c>no-cache</c>.</summary>
    public bool Refresh { get; init; }

    /// <summary>Only the very same request may answer.</summary>
    public bool ExactOnly { get; init; }

    /// <summary>Semantic hits are looked for, measured and counted, but the provider answers.</summary>
    public bool Shadow { get; init; }

    /// <summary>How long the answer may be served; positive. Null: the cache's default. HTTP: <c>max-age</c>.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Smallest cosine similarity, in [-1, 1], of a semantic hit. Null: the cache's threshold.</summary>
    public float? SimilarityThreshold { get; init; }

    /// <summary>Names by which the answer can be invalidated within its tenant.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What the options say, or <see cref="Default"/>.</summary>
    /// <param name="options">Options of a chat; may be null.</param>
    public static RefrainRequest Of(ChatOptions? options) =>
        options?.AdditionalProperties is { } properties && properties.TryGetValue(RefrainProperties.Request, out object? value) && value is RefrainRequest request
            ? request
            : Default;

    internal void Validate()
    {
        if (Tenant is not null) ArgumentException.ThrowIfNullOrEmpty(Tenant);
        if (TimeToLive is { } time && time <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(TimeToLive), time, "A time to live is positive.");
        if (SimilarityThreshold is { } threshold && !(threshold is >= -1 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(SimilarityThreshold), threshold, "A similarity lies in [-1, 1].");
        ArgumentNullException.ThrowIfNull(Tags);
    }
}
