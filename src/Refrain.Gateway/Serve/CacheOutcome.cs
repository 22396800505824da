namespace Refrain.Gateway;

/// <summary>What the cache did for one request; the words are those of <c>X-Refrain-Cache</c> and of the metrics.</summary>
internal static class CacheOutcome
{
    public const string Miss = "miss";
    public const string Exact = "exact";
    public const string Durable = "durable";
    public const string Semantic = "semantic";
    public const string Bypass = "bypass";

    /// <summary>The request failed before the cache had said anything; never sent as a header.</summary>
    public const string None = "none";

    /// <summary>The word for an outcome.</summary>
    public static string Of(Refrain.Chat.RefrainOutcome outcome) => outcome.Bypassed ? Bypass : outcome.Kind switch
    {
        HitKind.Exact => Exact,
        HitKind.Durable => Durable,
        HitKind.Semantic => Semantic,
        _ => Miss,
    };
}
