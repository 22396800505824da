using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Embeds both sides of labelled pairs, each distinct text once, and compares them as the cache would.</summary>
internal static class PairScorer
{
    private const int BatchLength = 64;

    /// <summary>Scores pairs; <paramref name="report"/> is told how many texts of how many are embedded.</summary>
    internal static async Task<List<ScoredPair>> ScoreAsync(
        IEmbeddingGenerator<string, Embedding<float>> embedder, IReadOnlyList<LabelledPair> pairs, Guards guards, Action<int, int>? report, CancellationToken cancellation)
    {
        Dictionary<string, ReadOnlyMemory<float>> vectors = await EmbedAsync(embedder, pairs.SelectMany(pair => new[] { pair.TextA, pair.TextB }), report, cancellation);
        return [.. pairs.Select(pair => Score(pair, vectors, guards))];
    }

    /// <summary>A vector for each distinct text that the embedder covers.</summary>
    internal static async Task<Dictionary<string, ReadOnlyMemory<float>>> EmbedAsync(
        IEmbeddingGenerator<string, Embedding<float>> embedder, IEnumerable<string> texts, Action<int, int>? report, CancellationToken cancellation)
    {
        var space = embedder.GetService(typeof(EmbeddingSpace)) as EmbeddingSpace;
        string[] distinct = [.. texts.Distinct(StringComparer.Ordinal).Where(text => space?.Covers(text) ?? true)];
        var vectors = new Dictionary<string, ReadOnlyMemory<float>>(distinct.Length, StringComparer.Ordinal);
        foreach (string[] batch in distinct.Chunk(BatchLength))
        {
            GeneratedEmbeddings<Embedding<float>> embeddings = await embedder.GenerateAsync(batch, cancellationToken: cancellation);
            for (int i = 0; i < batch.Length; i++) vectors[batch[i]] = embeddings[i].Vector;
            report?.Invoke(vectors.Count, distinct.Length);
        }

        return vectors;
    }

    private static ScoredPair Score(LabelledPair pair, Dictionary<string, ReadOnlyMemory<float>> vectors, Guards guards)
    {
        bool covered = vectors.TryGetValue(pair.TextA, out ReadOnlyMemory<float> a) & vectors.TryGetValue(pair.TextB, out ReadOnlyMemory<float> b);
        float similarity = covered ? Similarity(a.Span, b.Span) : -1;
        return new ScoredPair(pair.IsValid, similarity, TextGuards.Check(pair.TextA, pair.TextB, guards));
    }

    private static float Similarity(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, squaresOfA = 0, squaresOfB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            squaresOfA += (double)a[i] * a[i];
            squaresOfB += (double)b[i] * b[i];
        }

        return (float)Math.Clamp(dot / Math.Sqrt(squaresOfA * squaresOfB), -1, 1);
    }
}
