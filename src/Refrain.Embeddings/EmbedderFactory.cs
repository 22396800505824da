using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Refrain.Embeddings;

/// <summary>
/// Chooses an embedder by configuration: REFRAIN_EMBEDDER, and the settings of the one chosen. What is missing or wrong is told at once, by the name of
/// the setting.
/// </summary>
public static class EmbedderFactory
{
    /// <summary>The kinds of embedders by the names that configuration knows them by.</summary>
    public static IReadOnlyList<string> Names { get; } = ["lexical", "voyage", "openai", "static", "onnx"];

    private static Func<IConfiguration, IEmbeddingGenerator<string, Embedding<float>>>? _onnx;

    /// <summary>Called by Refrain.Embeddings.Onnx, which this library does not know: it would bring a runtime of 156 MB along.</summary>
    /// <param name="open">Makes the embedder out of the configuration.</param>
    public static void UseOnnx(Func<IConfiguration, IEmbeddingGenerator<string, Embedding<float>>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        Volatile.Write(ref _onnx, open);
    }

    /// <summary>Makes the embedder that the configuration names; the lexical one where it names none.</summary>
    /// <param name="configuration">Reads names as environment variables have them, such as REFRAIN_EMBEDDER.</param>
    /// <param name="loggers">Where the embedder logs.</param>
    /// <param name="time">The clock.</param>
    /// <returns>A generator that tells its <see cref="EmbeddingSpace"/>.</returns>
    /// <exception cref="ArgumentException">A setting is missing or invalid; the message names it.</exception>
    public static IEmbeddingGenerator<string, Embedding<float>> Create(IConfiguration configuration, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var settings = new EmbedderSettings(configuration);
        IEmbeddingGenerator<string, Embedding<float>> embedder = KindOf(settings) switch
        {
            EmbedderKind.Voyage => Voyage(settings, loggers, time),
            EmbedderKind.OpenAI => OpenAI(settings),
            EmbedderKind.Static => Static(settings),
            EmbedderKind.Onnx => Onnx(configuration),
            _ => new LexicalEmbeddingGenerator(),
        };
        return settings.Text("REFRAIN_CALIBRATION") is { } path ? CalibratedEmbeddingGenerator.Wrap(embedder, CalibrationFile.Read(path)) : embedder;
    }

    private static EmbedderKind KindOf(EmbedderSettings settings)
    {
        string name = settings.Text("REFRAIN_EMBEDDER") ?? "lexical";
        int index = Names.ToList().FindIndex(known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        return index switch
        {
            0 => EmbedderKind.Lexical,
            1 => EmbedderKind.Voyage,
            2 => EmbedderKind.OpenAI,
            3 => EmbedderKind.Static,
            4 => EmbedderKind.Onnx,
            _ => throw new ArgumentException($"REFRAIN_EMBEDDER is \"{name}\"; there are {string.Join(", ", Names)}."),
        };
    }

    private static VoyageEmbeddingGenerator Voyage(EmbedderSettings settings, ILoggerFactory? loggers, TimeProvider? time)
    {
        var defaults = new VoyageOptions { ApiKey = settings.Text("VOYAGE_API_KEY") ?? settings.Required("REFRAIN_VOYAGE_API_KEY") };
        var options = new VoyageOptions
        {
            ApiKey = defaults.ApiKey,
            Endpoint = settings.Address("REFRAIN_VOYAGE_URL") ?? defaults.Endpoint,
            Model = settings.Text("REFRAIN_VOYAGE_MODEL") ?? defaults.Model,
            Dimensions = settings.Number("REFRAIN_VOYAGE_DIMENSIONS") ?? defaults.Dimensions,
            Quantized = settings.Flag("REFRAIN_VOYAGE_INT8"),
            InputType = settings.Text("REFRAIN_VOYAGE_INPUT_TYPE"),
            RequestsPerMinute = settings.Number("REFRAIN_VOYAGE_REQUESTS_PER_MINUTE") ?? defaults.RequestsPerMinute,
            TokensPerMinute = settings.Number("REFRAIN_VOYAGE_TOKENS_PER_MINUTE") ?? defaults.TokensPerMinute,
        };
        return Checked(() => new VoyageEmbeddingGenerator(options, time: time, logger: loggers?.CreateLogger<VoyageEmbeddingGenerator>()), "REFRAIN_VOYAGE_*");
    }

    private static OpenAIEmbeddingGenerator OpenAI(EmbedderSettings settings)
    {
        var defaults = new OpenAIEmbeddingOptions { Model = settings.Required("REFRAIN_OPENAI_EMBEDDING_MODEL"), Dimensions = settings.RequiredNumber("REFRAIN_OPENAI_EMBEDDING_DIMENSIONS") };
        var options = new OpenAIEmbeddingOptions
        {
            Model = defaults.Model,
            Dimensions = defaults.Dimensions,
            Endpoint = settings.Address("REFRAIN_OPENAI_EMBEDDING_URL") ?? defaults.Endpoint,
            ApiKey = settings.Text("REFRAIN_OPENAI_EMBEDDING_API_KEY") ?? settings.Text("OPENAI_API_KEY") ?? defaults.ApiKey,
            SendsDimensions = settings.Flag("REFRAIN_OPENAI_EMBEDDING_SEND_DIMENSIONS"),
            TextBytesMax = settings.Number("REFRAIN_OPENAI_EMBEDDING_TEXT_BYTES_MAX") ?? defaults.TextBytesMax,
        };
        return Checked(() => new OpenAIEmbeddingGenerator(options), "REFRAIN_OPENAI_EMBEDDING_*");
    }

    private static StaticTableEmbeddingGenerator Static(EmbedderSettings settings) =>
        StaticTableEmbeddingGenerator.Open(new StaticTableOptions
        {
            TablePath = settings.Required("REFRAIN_STATIC_TABLE"),
            VocabularyPath = settings.Text("REFRAIN_STATIC_VOCABULARY"),
            LatinOnly = !settings.Flag("REFRAIN_STATIC_ALL_SCRIPTS"),
        });

    private static IEmbeddingGenerator<string, Embedding<float>> Onnx(IConfiguration configuration)
    {
        Func<IConfiguration, IEmbeddingGenerator<string, Embedding<float>>> open = Volatile.Read(ref _onnx)
            ?? throw new ArgumentException("REFRAIN_EMBEDDER is \"onnx\", but this build has no ONNX runtime; build the gateway with -p:WithOnnx=true.");
        return open(configuration);
    }

    private static T Checked<T>(Func<T> make, string settings)
    {
        try
        {
            return make();
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"{settings}: {error.Message}", error);
        }
    }
}
