using Microsoft.Extensions.AI;

namespace Refrain.Embeddings;

/// <summary>What the embedders have in common that compute a vector in this process, one text after the other.</summary>
internal static class LocalGeneration
{
    internal static Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingSpace space, Func<string, float[]> embed, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(values);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        foreach (string value in values)
        {
            cancellation.ThrowIfCancellationRequested();
            embeddings.Add(new Embedding<float>(embed(value)) { ModelId = space.Model });
        }

        return Task.FromResult(embeddings);
    }

    /// <summary>The space, its metadata, or the generator itself.</summary>
    internal static object? ServiceOf(object generator, EmbeddingSpace space, string provider, Type serviceType, object? serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingSpace)) return space;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return new EmbeddingGeneratorMetadata(provider, null, space.Model, space.Dimensions);
        return serviceType.IsInstanceOfType(generator) ? generator : null;
    }
}
