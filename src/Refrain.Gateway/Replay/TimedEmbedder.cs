using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Measures how long each embedding takes.</summary>
internal sealed class TimedEmbedder(IEmbeddingGenerator<string, Embedding<float>> inner, LatencySamples samples, TimeProvider time)
    : DelegatingEmbeddingGenerator<string, Embedding<float>>(inner)
{
    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        long started = time.GetTimestamp();
        GeneratedEmbeddings<Embedding<float>> embeddings = await base.GenerateAsync(values, options, cancellationToken).ConfigureAwait(false);
        samples.Add(time.GetElapsedTime(started));
        return embeddings;
    }
}
