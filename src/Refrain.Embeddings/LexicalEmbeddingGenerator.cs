using Microsoft.Extensions.AI;

namespace Refrain.Embeddings;

/// <summary>
/// The embedded default: words, sub-words and their order, hashed into 512 numbers. No model, no file, no network; a few microseconds a prompt; the same
/// text has the same vector in every process and on every machine.
/// </summary>
/// <remarks>
/// It sees through spelling variants, case, punctuation, accents, contractions, most inflections, word order and padding such as "can you tell me …
/// please". Strict where an answer may turn on it: one thing and many ("a transfer", "transfers"), asking and stating, and a particle at the end
/// ("exchange", "exchange for") are different questions to it. It knows no synonyms: "cheap flight" and "low-cost flight" are different words to it, and so is a paraphrase in other words. Lists of grammar and
/// padding are English; texts in other languages match by their words alone.
/// </remarks>
public sealed class LexicalEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Length of a vector.</summary>
    public const int Dimensions = LexicalVector.Dimensions;

    /// <summary>
    /// Above what two texts of different wholes reach (see <see cref="LexicalVector"/>): 0.80 where all else is the same, give or take 0.018 by the chance of their
    /// signs. Below what one mistyped letter leaves.
    /// </summary>
    private const float Threshold = 0.83f;

    /// <summary>What its vectors may be compared with, and from which similarity on two texts count as one question.</summary>
    public static EmbeddingSpace Space { get; } = new LexicalSpace
    {
        Model = "refrain-lexical",
        Revision = "2",
        Dimensions = Dimensions,
        SimilarityThreshold = Threshold,
    };

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
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        LocalGeneration.GenerateAsync(values, Space, Embed, cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => LocalGeneration.ServiceOf(this, Space, "refrain", serviceType, serviceKey);

    /// <summary>Holds memory only.</summary>
    public void Dispose()
    {
    }
}
