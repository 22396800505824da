using System.Text;

namespace Refrain;

/// <summary>What may be asked, and what may be kept.</summary>
internal sealed class QueryRules(SemanticCacheOptions options, EmbeddingSpace? space, CacheCounters counters)
{
    /// <exception cref="ArgumentException">The query was never made, or holds a threshold or an embedding that is none.</exception>
    internal void Check(in CacheQuery query)
    {
        ArgumentNullException.ThrowIfNull(query.Scope, nameof(query));
        CheckThreshold(query);
        CheckEmbedding(query);
    }

    internal static void CheckThreshold(in CacheQuery query)
    {
        if (query.Policy.SimilarityThreshold is { } threshold && !(threshold is >= -1 and <= 1))
            throw new ArgumentException($"The query's SimilarityThreshold is {threshold}, expected a cosine in [-1, 1].", nameof(query));
    }

    internal void CheckEmbedding(in CacheQuery query)
    {
        if (!query.Embedding.IsEmpty && space is not null && Embedder.VectorProblem(query.Embedding.Span, space.Dimensions) is { } problem)
            throw new ArgumentException($"The query's embedding {problem}.", nameof(query));
    }

    /// <summary>Whether a text is short enough. Nearly every one is known to be, or not to be, without counting its bytes.</summary>
    internal bool IsInBounds(string text) => text.Length <= options.TextBytesMax / 3 || (text.Length <= options.TextBytesMax && Encoding.UTF8.GetByteCount(text) <= options.TextBytesMax);

    /// <summary>Counts what an answer cost, and tells whether it is kept.</summary>
    internal bool MayKeep(in CacheQuery query, int payloadSize, CacheEntryOptions entryOptions)
    {
        if (entryOptions.Cost != 0)
            counters.Spend(entryOptions.Cost);
        if (!options.Enabled)
            return false;
        if (IsInBounds(query.Text) && payloadSize <= options.PayloadBytesMax)
            return true;
        counters.Oversized.Increment();
        return false;
    }
}
