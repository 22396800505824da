using System.Globalization;
using System.IO.Hashing;
using Microsoft.Extensions.AI;

namespace Refrain.Embeddings;

/// <summary>
/// Embeddings by look-up: the weighted mean of the vectors of a text's word pieces, as Model2Vec and its kind make them. Tens of microseconds a prompt,
/// no runtime, no network.
/// </summary>
public sealed class StaticTableEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int DimensionsMin = 64;
    private const int DimensionsMax = 4096;

    private readonly float[] _table;
    private readonly float[]? _weights;
    private readonly int _dimensions;
    private readonly int _rowCount;
    private readonly WordPieces _pieces;
    private readonly EmbeddingSpace _space;

    private StaticTableEmbeddingGenerator(float[] table, float[]? weights, int rowCount, int dimensions, WordPieces pieces, EmbeddingSpace space)
    {
        _table = table;
        _weights = weights;
        _rowCount = rowCount;
        _dimensions = dimensions;
        _pieces = pieces;
        _space = space;
    }

    /// <summary>Reads a table and its vocabulary into memory.</summary>
    /// <exception cref="InvalidDataException">A file is not what it should be; the message says which and why.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StaticTableEmbeddingGenerator Open(StaticTableOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        TensorFile file = TensorFile.Open(options.TablePath);
        float[] table = file.Read(file.Has("embeddings") ? "embeddings" : "embedding.weight", out int[] shape);
        if (shape.Length != 2 || shape[1] is < DimensionsMin or > DimensionsMax)
            throw new InvalidDataException($"{options.TablePath}: a table of rows of {DimensionsMin} to {DimensionsMax} numbers is needed, not one of the shape {string.Join(" × ", shape)}.");
        float[]? weights = file.Has("weights") ? file.Read("weights", out _) : null;
        if (weights is not null && weights.Length != shape[0]) throw new InvalidDataException($"{options.TablePath}: it has {shape[0]} rows and {weights.Length} weights.");

        string folder = Path.GetDirectoryName(Path.GetFullPath(options.TablePath)) ?? ".";
        string vocabulary = options.VocabularyPath ?? VocabularyIn(folder);
        var space = new WindowedSpace
        {
            Model = options.Model ?? Path.GetFileName(folder),
            Revision = DigestOf(options.TablePath, vocabulary),
            Dimensions = shape[1],
            Variant = "mean",
            SimilarityThreshold = options.SimilarityThreshold,
            TextBytesMax = options.TextBytesMax,
            LatinOnly = options.LatinOnly,
        };
        return new StaticTableEmbeddingGenerator(table, weights, shape[0], shape[1], WordPieces.Open(vocabulary), space);
    }

    /// <summary>The vector of one text, of unit length; of a text without any known piece, a vector that is near no other.</summary>
    public float[] Embed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        float[] vector = new float[_dimensions];
        bool any = false;
        foreach (int id in _pieces.IdsOf(text))
        {
            if (id == _pieces.UnknownId || (uint)id >= (uint)_rowCount) continue;
            float weight = _weights?[id] ?? 1;
            ReadOnlySpan<float> row = _table.AsSpan(id * _dimensions, _dimensions);
            for (int i = 0; i < row.Length; i++) vector[i] += weight * row[i];
            any = true;
        }

        if (!any || IsZero(vector)) Scatter(text, vector);
        VectorDecoder.Normalise(vector);
        return vector;
    }

    /// <inheritdoc/>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        LocalGeneration.GenerateAsync(values, _space, Embed, cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => LocalGeneration.ServiceOf(this, _space, "static", serviceType, serviceKey);

    /// <summary>Holds memory only.</summary>
    public void Dispose()
    {
    }

    private static string VocabularyIn(string folder)
    {
        string[] candidates = [Path.Combine(folder, "tokenizer.json"), Path.Combine(folder, "vocab.txt")];
        return Array.Find(candidates, File.Exists) ?? throw new FileNotFoundException($"Neither tokenizer.json nor vocab.txt lies in {folder}.");
    }

    // Another table under the same name must be another space.
    private static string DigestOf(string table, string vocabulary)
    {
        var hash = new XxHash3();
        hash.Append(File.ReadAllBytes(table));
        hash.Append(File.ReadAllBytes(vocabulary));
        return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
    }

    private static bool IsZero(float[] vector)
    {
        foreach (float number in vector)
        {
            if (number != 0) return false;
        }

        return true;
    }

    private static void Scatter(string text, float[] vector)
    {
        ulong hash = LexicalHash.Of(text);
        for (int i = 0; i < vector.Length; i++)
        {
            hash = LexicalHash.Mix(hash + 0x9E3779B97F4A7C15UL);
            vector[i] = (hash & 1) != 0 ? 1 : -1;
        }
    }
}
