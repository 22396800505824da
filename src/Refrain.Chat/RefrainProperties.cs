namespace Refrain.Chat;

/// <summary>Names under which Refrain reads <c>ChatOptions.AdditionalProperties</c> and writes those of responses and updates.</summary>
/// <remarks>Names that begin with <see cref="Prefix"/> are Refrain's own: they are neither stored with an answer nor part of a request's identity.</remarks>
public static class RefrainProperties
{
    /// <summary>What all names below begin with.</summary>
    public const string Prefix = "refrain.";

    /// <summary>On a request: a <see cref="RefrainRequest"/>.</summary>
    public const string Request = "refrain.request";

    /// <summary>On a response and on a stream's first update, a string: miss, exact, durable, semantic or bypass.</summary>
    public const string Kind = "refrain.kind";

    /// <summary>A double in [-1, 1]: cosine of the nearest stored text. Absent if none was looked for.</summary>
    public const string Similarity = "refrain.similarity";

    /// <summary>On a hit, a double: seconds since the answer was stored.</summary>
    public const string Age = "refrain.age";

    /// <summary>On a hit, a decimal: what the answer had cost to make.</summary>
    public const string Saved = "refrain.saved";

    /// <summary>On a bypass, a string: why the cache was not asked.</summary>
    public const string Reason = "refrain.reason";

    /// <summary>On a miss, true: the answer came from an upstream call that another caller had begun.</summary>
    public const string Shared = "refrain.shared";

    /// <summary>On a response and on a stream's last update, a string: the route that answered.</summary>
    public const string Route = "refrain.route";

    /// <summary>On a response and on a stream's last update, a string: the model of the route that answered.</summary>
    public const string Model = "refrain.model";

    /// <summary>On a response and on a stream's last update, a decimal: what the upstream call cost. Absent where the route has no price.</summary>
    public const string Cost = "refrain.cost";

    /// <summary>True where the provider reported no usage and the cost was worked out from an estimate.</summary>
    public const string CostEstimated = "refrain.cost_estimated";

    /// <summary>True where a route of another model than the one asked for answered. Such an answer is not stored.</summary>
    public const string Fallback = "refrain.fallback";
}
