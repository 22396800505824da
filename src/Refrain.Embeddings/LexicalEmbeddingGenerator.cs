using Microsoft.Extensions.AI;

namespace Refrain.Embeddings;

/// <summary>
/// The embedded default: words, sub-words and their order, hashed into 512 numbers. No model, no file, no network; a few microseconds a prompt; the same
/// text has the same vector in every process and on every machine.
/// </summary>
/// <remarks>
/// It sees through spelling variants, case, punctuation, accents, contractions, inflections, word order and padding such as "can you tell me …
/// please". It knows no synonyms: "cheap flight" and "low-cost flight" are different words to it, and so is a paraphrase in other words. Lists of grammar and
/// padding are English; texts in other languages match by their words alone.
/// </remarks>
public sealed class LexicalEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Length of a vector.</summary>
    public const int Dimensions = LexicalVector.Dimensions;

    /// <summary>
    /// Between one word of the question changed (0.59 and less in 99 of 100 changes) and one letter of it mistyped, on streams of real prompts.
    /// </summary>
    private const float Threshold = 0.80f;

    /// <summary>What its vectors may be compared with, and from which similarity on two texts count as one question.</summary>
    public static EmbeddingSpace Space { get; } = new LexicalSpace
    {
        Model = "refrain-lexical",
        Revision = "1",
        Dimensions = Dimensions,
        SimilarityThreshold = Threshold,
    };

    private static EmbeddingGeneratorMetadata Metadata { get; } = new("refrain", defaultModelId: Space.Model, defaultModelDimensions: Dimensions);

    /// <summary>The vector of one text, of unit length.</summary>
    /// <param name="text">Any text.</param>
    /// <returns><see cref="Dimensions"/> numbers.</returns>
    public static float[] Embed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return LexicalVector.Embed(text);
    }

    /// <inheritdoc/>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        foreach (string value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            embeddings.Add(new Embedding<float>(Embed(value)) { ModelId = Space.Model });
        }

        return Task.FromResult(embeddings);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingSpace)) return Space;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return Metadata;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Holds nothing that needs disposing.</summary>
    public void Dispose()
    {
    }
}
