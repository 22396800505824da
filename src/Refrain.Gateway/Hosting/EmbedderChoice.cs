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
        string name = new SettingReader(configuration).Text(SettingNames.Embedder) ?? "lexical";
        return name switch
        {
            "none" => new EmbedderChoice(null, "none", "Only the very same request hits."),
            "lexical" => new EmbedderChoice(new LexicalEmbeddingGenerator(), "lexical",
                "words, their parts and their order. Good for spelling, case, punctuation, order and filler; it knows no synonyms."),
            _ => throw new SettingsException($"{SettingNames.Embedder} is \"{name}\"; known are lexical and none."),
        };
    }

    public void Dispose() => Generator?.Dispose();
}
