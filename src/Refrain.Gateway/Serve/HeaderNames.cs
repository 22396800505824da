namespace Refrain.Gateway;

/// <summary>The headers of our own, asked and answered.</summary>
internal static class HeaderNames
{
    /// <summary>Answered: miss, exact, durable, semantic or bypass.</summary>
    public const string Cache = "X-Refrain-Cache";

    /// <summary>Answered: cosine of the nearest stored text, where one was looked for.</summary>
    public const string Similarity = "X-Refrain-Similarity";

    /// <summary>Answered on a hit: seconds since the answer was stored.</summary>
    public const string Age = "X-Refrain-Age";

    /// <summary>Answered on a hit: the money that the answer had cost.</summary>
    public const string Saved = "X-Refrain-Saved";

    /// <summary>Answered on a bypass: why the cache was not asked.</summary>
    public const string Reason = "X-Refrain-Reason";

    /// <summary>Asked: a part of the caller's own tenant, such as one of its customers.</summary>
    public const string Tenant = "X-Refrain-Tenant";

    /// <summary>Asked: bypass, exact or shadow.</summary>
    public const string Mode = "X-Refrain-Mode";

    /// <summary>Asked: seconds that the answer may be served.</summary>
    public const string TimeToLive = "X-Refrain-TTL";

    /// <summary>Asked: smallest cosine similarity of a semantic hit.</summary>
    public const string Threshold = "X-Refrain-Threshold";

    /// <summary>Asked: names, between commas, by which the answer can be invalidated.</summary>
    public const string Tags = "X-Refrain-Tags";
}
