using Microsoft.Extensions.AI;
using Refrain.Embeddings;

namespace Refrain.Gateway;

/// <summary>The embedder that runs, and what is told of it.</summary>
/// <param name="Generator">Makes embeddings, or null where only the same words can hit.</param>
/// <param name="Name">Name of the embedder and of its model.</param>
/// <param name="Note">What it is good for, and what not, in a sentence.</param>
internal sealed record EmbedderChoice(IEmbeddingGenerator<string, Embedding<float>>? Generator, string Name, string Note) : IDisposable
{
    /// <summary>The value of <see cref="SettingNames.Embedder"/> that means: no semantic hits.</summary>
    public const string None = "none";

    /// <summary>Chooses by configuration.</summary>
    /// <exception cref="SettingsException">There is no such embedder, or its settings are not complete.</exception>
    public static EmbedderChoice Open(IConfiguration configuration, ILoggerFactory? loggers, TimeProvider time)
    {
        string name = new SettingReader(configuration).Text(SettingNames.Embedder)?.ToLowerInvariant() ?? "lexical";
        if (name == None)
            return new EmbedderChoice(null, None, "only the very same request hits.");
        try
        {
            IEmbeddingGenerator<string, Embedding<float>> generator = EmbedderFactory.Create(configuration, loggers, time);
            string model = generator.GetService<EmbeddingSpace>()?.Model ?? name;
            return new EmbedderChoice(generator, model == name ? name : $"{name} ({model})", NoteOn(name));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new SettingsException(name == "lexical" || EmbedderFactory.Names.Contains(name, StringComparer.Ordinal) ? e.Message : $"{e.Message} Or {None}.", e);
        }
    }

    public void Dispose() => Generator?.Dispose();

    private static string NoteOn(string name) => name switch
    {
        "lexical" => "words, their parts and their order. Good for spelling, case, punctuation, order and filler; it knows no synonyms.",
        "voyage" or "openai" => "a model behind an API: knows meaning, and every new text costs a call. Its threshold is 0.95 until it is calibrated.",
        _ => "a model in this process: knows meaning as far as the model does. Its threshold is 0.95 until it is calibrated.",
    };
}
