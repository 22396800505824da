using System.Diagnostics;

namespace Refrain;

/// <summary>The activities of a cache. Started only where somebody listens; they never hold a text, an answer or a key.</summary>
internal static class CacheTrace
{
    internal const string SourceName = "Refrain";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens: all that a hit asks.</summary>
    internal static bool IsOn => Source.HasListeners();

    /// <summary>A lookup, from the caller's question to his answer.</summary>
    internal static Activity? LookUp(string cache) => Start("refrain.lookup", ActivityKind.Internal, cache);

    /// <summary>The making of an answer by the caller's factory.</summary>
    internal static Activity? Create(string cache) => Start("refrain.create", ActivityKind.Internal, cache);

    /// <summary>One call of the durable store.</summary>
    internal static Activity? Durable(string cache, string operation, string store) =>
        !IsOn ? null : Start($"{operation} {store}", ActivityKind.Client, cache)?.SetTag("db.system.name", store).SetTag("db.operation.name", operation);

    /// <summary>One call of the embedder.</summary>
    internal static Activity? Embed(string cache, EmbeddingSpace space) =>
        !IsOn ? null : Start($"embeddings {space.Model}", ActivityKind.Client, cache)?.SetTag("gen_ai.operation.name", "embeddings").SetTag("gen_ai.request.model", space.Model);

    /// <summary>Tells what a lookup found.</summary>
    internal static void Describe(Activity? activity, CacheResult result)
    {
        if (activity is null)
            return;
        activity.SetTag("refrain.kind", result.Kind switch
        {
            HitKind.Exact => "exact",
            HitKind.Durable => "durable",
            HitKind.Semantic => "semantic",
            _ => "miss",
        });
        if (!float.IsNaN(result.Similarity))
            activity.SetTag("refrain.similarity", result.Similarity);
        if (result.RefusedBy != Guards.None)
            activity.SetTag("refrain.refused_by", result.RefusedBy.ToString());
    }

    /// <summary>Marks what failed, by the kind of its failure: a message may quote the prompt.</summary>
    internal static void Fail(Activity? activity, Exception exception) =>
        activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", exception.GetType().FullName);

    private static Activity? Start(string name, ActivityKind kind, string cache) => Source.StartActivity(name, kind)?.SetTag("refrain.cache", cache);
}
