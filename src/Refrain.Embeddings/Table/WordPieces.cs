using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Refrain.Embeddings;

/// <summary>
/// The tokenizer of the BERT family, out of a vocab.txt or a tokenizer.json. Every sign is a token of its own: as it comes, the tokenizer drops
/// some, and "C++" would be "C", "$5" would be "5".
/// </summary>
public sealed partial class WordPieces
{
    private readonly BertTokenizer _tokenizer;

    private WordPieces(BertTokenizer tokenizer, bool lowerCase)
    {
        _tokenizer = tokenizer;
        IsLowerCase = lowerCase;
    }

    /// <summary>The id of a piece that the vocabulary does not have.</summary>
    public int UnknownId => _tokenizer.UnknownTokenId;

    /// <summary>Whether case is folded.</summary>
    public bool IsLowerCase { get; }

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="path">vocab.txt, a word piece a line; or tokenizer.json, of a WordPiece model.</param>
    /// <exception cref="InvalidDataException">The file is neither.</exception>
    public static WordPieces Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool lowerCase = true;
        IEnumerable<string> vocabulary = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ReadJson(path, out lowerCase) : File.ReadLines(path);
        using var lines = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', vocabulary)));
        try
        {
            return new WordPieces(BertTokenizer.Create(lines, new BertOptions { LowerCaseBeforeTokenization = lowerCase, PreTokenizer = new RegexPreTokenizer(Pieces(), null) }), lowerCase);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path} is no vocabulary of the BERT family: {error.Message}", error);
        }
    }

    /// <summary>The pieces of a text, without the marks around it.</summary>
    public IReadOnlyList<int> IdsOf(string text) => _tokenizer.EncodeToIds(text, addSpecialTokens: false);

    /// <summary>The pieces of a text between the marks of the model.</summary>
    public IReadOnlyList<int> MarkedIdsOf(string text) => _tokenizer.EncodeToIds(text, addSpecialTokens: true);

    private static string[] ReadJson(string path, out bool lowerCase)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement root = json.RootElement;
        if (!root.TryGetProperty("model", out JsonElement model) || !model.TryGetProperty("vocab", out JsonElement vocabulary) || vocabulary.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{path} has no vocabulary of a WordPiece model.");
        if (model.TryGetProperty("type", out JsonElement type) && type.GetString() is var name and not "WordPiece")
            throw new InvalidDataException($"{path} is a tokenizer of the kind {name}; WordPiece is read.");
        lowerCase = !root.TryGetProperty("normalizer", out JsonElement normalizer) || normalizer.ValueKind != JsonValueKind.Object
            || !normalizer.TryGetProperty("lowercase", out JsonElement folds) || folds.ValueKind != JsonValueKind.False;

        var pieces = new SortedDictionary<int, string>();
        foreach (JsonProperty piece in vocabulary.EnumerateObject()) pieces[piece.Value.GetInt32()] = piece.Name;
        if (pieces.Count == 0 || pieces.Last().Key != pieces.Count - 1) throw new InvalidDataException($"{path}: the ids of its vocabulary have gaps.");
        return [.. pieces.Values];
    }

    [GeneratedRegex(@"[\p{P}\p{S}]|[^\s\p{P}\p{S}]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pieces();
}
