using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

/// <summary>Embeds by a table: texts of one concept lie close together, all others are at random angles.</summary>
internal sealed class ConceptEmbedder(params (string Text, string Concept)[] concepts) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly Dictionary<string, string> _concepts = concepts.ToDictionary(pair => pair.Text, pair => pair.Concept, StringComparer.Ordinal);
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(text => new Embedding<float>(VectorOf(text)))));
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingSpace) ? new EmbeddingSpace { Model = "concepts", Dimensions = 64, SimilarityThreshold = 0.9f } : null;

    public void Dispose()
    {
    }

    private float[] VectorOf(string text)
    {
        float[] vector = Direction(_concepts.GetValueOrDefault(text, text));
        float[] own = Direction(text);
        for (int i = 0; i < vector.Length; i++) vector[i] += 0.1f * own[i];
        return vector;
    }

    private static float[] Direction(string name)
    {
        var random = new Random((int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(name)));
        return [.. Enumerable.Range(0, 64).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
