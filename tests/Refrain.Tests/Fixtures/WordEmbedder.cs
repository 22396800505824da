using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.AI;

namespace Refrain.Tests;

/// <summary>A small deterministic embedder: each word adds its own random direction. Counts its calls; fails or waits on demand.</summary>
public sealed class WordEmbedder(int dimensions = 128) : IEmbeddingGenerator<string, Embedding<float>>
{
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public Exception? Failure { get; set; }

    public Func<CancellationToken, Task>? Before { get; set; }

    public Func<string, float[]>? Instead { get; set; }

    public EmbeddingSpace Space { get; init; } = new() { Model = "words", Dimensions = dimensions, SimilarityThreshold = 0.8f };

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        if (Before is { } before)
            await before(cancellationToken);
        if (Failure is { } failure)
            throw failure;
        return [.. values.Select(text => new Embedding<float>(Instead is null ? Embed(text, dimensions) : Instead(text)))];
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(EmbeddingSpace) ? Space : null;

    public void Dispose()
    {
    }

    public static float[] Embed(string text, int dimensions = 128)
    {
        var sum = new float[dimensions];
        foreach (string word in text.ToLowerInvariant().Split([' ', '?', '.', ',', '!'], StringSplitOptions.RemoveEmptyEntries))
        {
            var random = new Random((int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(word)));
            for (int i = 0; i < dimensions; i++)
                sum[i] += (float)(random.NextDouble() - 0.5);
        }

        return sum;
    }
}
