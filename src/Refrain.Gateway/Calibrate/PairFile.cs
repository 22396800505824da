using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Refrain.Gateway;

/// <summary>Reads labelled pairs from .tsv, .csv or .jsonl, gzipped or not, with the columns text_a, text_b and label.</summary>
internal static class PairFile
{
    /// <summary>A longer row is taken for a quote that nobody closed.</summary>
    private const int RowLengthMax = 1 << 18;

    private static readonly string[] FirstNames = ["text_a", "a", "question1", "sentence1", "prompt_a"];
    private static readonly string[] SecondNames = ["text_b", "b", "question2", "sentence2", "prompt_b"];
    private static readonly string[] LabelNames = ["label", "is_duplicate", "valid"];

    /// <summary>The pairs in the order of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="report">Told how far the file has been read, from 0 to 1.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="PromptFileException">The file is not what its name promises; the message names the line.</exception>
    internal static async IAsyncEnumerable<LabelledPair> ReadAsync(string path, Action<double>? report = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new PromptFileException($"{path}: no such file.");
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        string kind = Path.GetExtension(name).ToLowerInvariant();
        if (kind is not (".tsv" or ".csv" or ".jsonl" or ".ndjson")) throw new PromptFileException($"{path}: the name must end in .tsv, .csv or .jsonl, or one of these and .gz.");
        await using FileStream bytes = file.OpenRead();
        await using Stream plain = name.Length < path.Length ? new GZipStream(bytes, CompressionMode.Decompress) : bytes;
        using var lines = new StreamReader(plain, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        int[]? columns = null;
        char separator = '\t';
        for (int number = 1; await NextAsync(lines, path, number, cancellation) is { } line; number++)
        {
            report?.Invoke(file.Length == 0 ? 1 : (double)bytes.Position / file.Length);
            if (string.IsNullOrWhiteSpace(line)) continue;
            string where = $"{path}, line {number}", row = line;
            if (kind is ".jsonl" or ".ndjson")
            {
                yield return FromJson(line, where);
                continue;
            }

            if (columns is null && kind == ".csv") separator = CsvLine.SeparatorOf(line);
            bool isOpen = false;
            string[] cells = kind == ".csv" ? CsvLine.Split(row, separator, out isOpen) : row.Split(separator);
            while (isOpen && row.Length < RowLengthMax && await NextAsync(lines, path, ++number, cancellation) is { } more)
            {
                row += "\n" + more;
                if (more.Contains('"', StringComparison.Ordinal)) cells = CsvLine.Split(row, separator, out isOpen);
            }

            if (isOpen) throw new PromptFileException($"{where}: a quote opens there and is never closed.");
            if (columns is null) columns = ColumnsOf(cells, where);
            else if (cells.Length <= columns.Max()) throw new PromptFileException($"{where}: {cells.Length} columns, where the header has {columns.Max() + 1} or more.");
            else yield return new LabelledPair(cells[columns[0]], cells[columns[1]], IsValid(cells[columns[2]], where));
        }
    }

    private static async Task<string?> NextAsync(StreamReader lines, string path, int number, CancellationToken cancellation)
    {
        try
        {
            return await lines.ReadLineAsync(cancellation);
        }
        catch (Exception error) when (error is InvalidDataException or DecoderFallbackException)
        {
            throw new PromptFileException($"{path}, line {number}: the file is damaged or not UTF-8: {error.Message}", error);
        }
    }

    private static int[] ColumnsOf(string[] names, string where) => [IndexOf(names, FirstNames, where), IndexOf(names, SecondNames, where), IndexOf(names, LabelNames, where)];

    private static int IndexOf(string[] names, string[] wanted, string where)
    {
        int index = Array.FindIndex(names, name => wanted.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase));
        return index >= 0 ? index : throw new PromptFileException($"{where}: the first line must name the columns, and none of these is {string.Join(" or ", wanted)}: {string.Join(", ", names)}.");
    }

    private static LabelledPair FromJson(string line, string where)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return new LabelledPair(TextOf(json.RootElement, FirstNames, where), TextOf(json.RootElement, SecondNames, where), IsValid(TextOf(json.RootElement, LabelNames, where), where));
        }
        catch (JsonException error)
        {
            throw new PromptFileException($"{where}: not JSON: {error.Message}", error);
        }
    }

    private static string TextOf(JsonElement value, string[] names, string where)
    {
        foreach (string name in names)
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement found)) return found.ToString();
        }

        throw new PromptFileException($"{where}: the object has no {names[0]}.");
    }

    private static bool IsValid(string label, string where) => label.Trim().ToLowerInvariant() switch
    {
        "1" or "true" or "yes" or "y" or "t" or "valid" or "1.0" => true,
        "0" or "false" or "no" or "n" or "f" or "invalid" or "0.0" => false,
        _ => throw new PromptFileException($"{where}: the label is \"{label}\"; 1 or 0, true or false, yes or no is needed."),
    };
}
