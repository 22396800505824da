using System.Globalization;
using System.IO.Hashing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Refrain.Embeddings.Onnx;

/// <summary>Embeddings by a sentence encoder of the BERT family that the user brings, run in this process by ONNX Runtime.</summary>
public sealed class OnnxEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const string Ids = "input_ids";
    private const string Mask = "attention_mask";
    private const string Types = "token_type_ids";

    private readonly InferenceSession _session;
    private readonly WordPieces _pieces;
    private readonly OnnxOptions _options;
    private readonly EmbeddingSpace _space;
    private readonly string _output;
    private readonly bool _wantsTypes;

    private OnnxEmbeddingGenerator(InferenceSession session, WordPieces pieces, OnnxOptions options, EmbeddingSpace space)
    {
        _session = session;
        _pieces = pieces;
        _options = options;
        _space = space;
        _output = session.OutputMetadata.First().Key;
        _wantsTypes = session.InputMetadata.ContainsKey(Types);
    }

    /// <summary>Loads a model and its vocabulary.</summary>
    /// <exception cref="InvalidDataException">The model is not of the shape described in <see cref="OnnxOptions"/>; the message says in what.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static OnnxEmbeddingGenerator Open(OnnxOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!File.Exists(options.ModelPath)) throw new FileNotFoundException($"There is no model at {options.ModelPath}.", options.ModelPath);
        string folder = Path.GetDirectoryName(Path.GetFullPath(options.ModelPath)) ?? ".";
        string[] vocabularies = [Path.Combine(folder, "tokenizer.json"), Path.Combine(folder, "vocab.txt")];
        string vocabulary = options.VocabularyPath ?? Array.Find(vocabularies, File.Exists) ?? throw new FileNotFoundException($"Neither tokenizer.json nor vocab.txt lies in {folder}.");
        WordPieces pieces = WordPieces.Open(vocabulary);
        InferenceSession session = Load(options);
        try
        {
            int dimensions = DimensionsOf(session, options.ModelPath);
            return new OnnxEmbeddingGenerator(session, pieces, options, SpaceOf(options, folder, vocabulary, dimensions, pieces));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Makes this embedder known to <see cref="EmbedderFactory"/> under the name "onnx", with the settings REFRAIN_ONNX_*.</summary>
    public static void Register() => EmbedderFactory.UseOnnx(FromConfiguration);

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A text is longer than the model's window: it is not cut.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        foreach (string[] batch in values.Chunk(_options.BatchCountMax))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (float[] vector in await Task.Run(() => Compute(batch), cancellationToken).ConfigureAwait(false))
                embeddings.Add(new Embedding<float>(vector) { ModelId = _space.Model });
        }

        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingSpace)) return _space;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return new EmbeddingGeneratorMetadata("onnx", null, _space.Model, _space.Dimensions);
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Frees the model.</summary>
    public void Dispose() => _session.Dispose();

    private static OnnxEmbeddingGenerator FromConfiguration(IConfiguration configuration)
    {
        string path = configuration["REFRAIN_ONNX_MODEL"] is { Length: > 0 } model ? model : throw new ArgumentException("REFRAIN_ONNX_MODEL is not set, and the chosen embedder needs it.");
        string pooling = configuration["REFRAIN_ONNX_POOLING"] ?? "mean";
        return Open(new OnnxOptions
        {
            ModelPath = path,
            VocabularyPath = configuration["REFRAIN_ONNX_VOCABULARY"],
            Prefix = configuration["REFRAIN_ONNX_PREFIX"] ?? "",
            LatinOnly = !string.Equals(configuration["REFRAIN_ONNX_ALL_SCRIPTS"], "true", StringComparison.OrdinalIgnoreCase),
            Pooling = pooling.ToLowerInvariant() switch
            {
                "mean" => OnnxPooling.Mean,
                "cls" => OnnxPooling.Cls,
                _ => throw new ArgumentException($"REFRAIN_ONNX_POOLING is \"{pooling}\"; there are mean and cls."),
            },
        });
    }

    private static InferenceSession Load(OnnxOptions options)
    {
        using var settings = new SessionOptions { IntraOpNumThreads = options.ThreadCount, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        try
        {
            return new InferenceSession(options.ModelPath, settings);
        }
        catch (OnnxRuntimeException error)
        {
            throw new InvalidDataException($"{options.ModelPath} cannot be loaded: {error.Message}", error);
        }
    }

    private static int DimensionsOf(InferenceSession session, string path)
    {
        foreach (string input in new[] { Ids, Mask })
        {
            if (!session.InputMetadata.ContainsKey(input)) throw new InvalidDataException($"{path} has no input {input}; it has {string.Join(", ", session.InputMetadata.Keys)}.");
        }

        int[] shape = session.OutputMetadata.First().Value.Dimensions;
        return shape.Length == 3 && shape[2] is >= 64 and <= 4096
            ? shape[2]
            : throw new InvalidDataException($"{path}: the first output has the shape [{string.Join(", ", shape)}]; [batch, tokens, 64 to 4096] is needed.");
    }

    private static OnnxSpace SpaceOf(OnnxOptions options, string folder, string vocabulary, int dimensions, WordPieces pieces)
    {
        var hash = new XxHash3();
        hash.Append(File.ReadAllBytes(options.ModelPath));
        hash.Append(File.ReadAllBytes(vocabulary));
        return new OnnxSpace
        {
            Model = options.Model ?? Path.GetFileName(folder),
            Revision = hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture),
            Dimensions = dimensions,
            Variant = $"{options.Pooling};prefix={options.Prefix}",
            SimilarityThreshold = options.SimilarityThreshold,
            TokensMax = options.TokensMax,
            LatinOnly = options.LatinOnly,
            CountTokens = text => pieces.MarkedIdsOf(options.Prefix + text).Count,
        };
    }

    private float[][] Compute(string[] texts)
    {
        IReadOnlyList<int>[] ids = Array.ConvertAll(texts, text => _pieces.MarkedIdsOf(_options.Prefix + text));
        int longest = ids.Max(row => row.Count);
        if (longest > _options.TokensMax) throw new InvalidDataException($"A text has {longest} tokens; the model takes {_options.TokensMax}. It is not cut: ask EmbeddingSpace.Covers first.");
        int[] shape = [texts.Length, longest];
        DenseTensor<long> input = new(shape), mask = new(shape), types = new(shape);
        for (int i = 0; i < ids.Length; i++)
        {
            for (int j = 0; j < ids[i].Count; j++)
            {
                input[i, j] = ids[i][j];
                mask[i, j] = 1;
            }
        }

        var inputs = new List<NamedOnnxValue> { NamedOnnxValue.CreateFromTensor(Ids, input), NamedOnnxValue.CreateFromTensor(Mask, mask) };
        if (_wantsTypes) inputs.Add(NamedOnnxValue.CreateFromTensor(Types, types));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(inputs, [_output]);
        Tensor<float> states = outputs[0].AsTensor<float>();
        return [.. ids.Select((row, i) => Pool(states, i, row.Count))];
    }

    private float[] Pool(Tensor<float> states, int text, int tokens)
    {
        float[] vector = new float[_space.Dimensions];
        int counted = _options.Pooling == OnnxPooling.Cls ? 1 : tokens;
        for (int token = 0; token < counted; token++)
        {
            for (int i = 0; i < vector.Length; i++) vector[i] += states[text, token, i];
        }

        double squares = 0;
        foreach (float number in vector) squares += (double)number * number;
        if (!double.IsFinite(squares) || squares == 0) throw new InvalidDataException($"{_space.Model} made a vector without a direction.");
        for (int i = 0; i < vector.Length; i++) vector[i] = (float)(vector[i] / Math.Sqrt(squares));
        return vector;
    }
}
