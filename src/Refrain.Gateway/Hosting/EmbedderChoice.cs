using Microsoft.Extensions.AI;
using Refrain.Embeddings;

namespace Refrain.Gateway;

/// <summary>The embedder that runs, and what is told of it.</summary>
/// <param name="Generator">Makes embeddings, or null where only the same words can hit.</param>
/// <param name="Name">Short name, such as "lexical".</param>
/// <param name="Note">What it is good for, and what not, in a sentence.</param>
internal sealed record EmbedderChoice(IEmbeddingGenerator<string, Embedding<float>>? Generator, string Name, string Note) : IDisposable
{
    /// <summary>Chooses by configuration.</summary>
    /// <exception cref="SettingsException">There is no such embedder, or its settings are not complete.</exception>
    public static EmbedderChoice Open(IConfiguration configuration)
    {
        string name = (new SettingReader(configuration).Text(SettingNames.Embedder) ?? "lexical").ToLowerInvariant();
        if (name == "none") return new EmbedderChoice(null, name, "Only the very same request hits.");
        try
        {
            return new EmbedderChoice(EmbedderFactory.Create(configuration), name, NoteOf(name));
        }
        catch (Exception error) when (error is ArgumentException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new SettingsException(error.Message, error);
        }
    }

    private static string NoteOf(string name) => name switch
    {
        "lexical" => "words, their parts and their order. Good for spelling, case, punctuation, order and filler; it knows no synonyms.",
        "voyage" or "openai" => "a model behind an API: every new text costs a call. Its threshold is 0.95 until it is calibrated.",
        _ => "a model in this process. Its threshold is 0.95 until it is calibrated.",
    };

    public void Dispose() => Generator?.Dispose();
}
