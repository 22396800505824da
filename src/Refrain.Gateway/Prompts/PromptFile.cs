using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;

namespace Refrain.Gateway;

/// <summary>
/// Reads questions from a <c>.txt</c> (one a line), <c>.tsv</c> (with a header line) or <c>.jsonl</c> (one object or string a line) file,
/// gzipped or not. Nothing is held but the line at hand, so a file may be larger than memory.
/// </summary>
internal sealed class PromptFile
{
    private static readonly string[] TextNames = ["text", "prompt", "question", "query"];
    private static readonly string[] GroupNames = ["group", "intent", "label", "category"];

    private readonly string _path;
    private readonly PromptLineReader _reader;
    private long _bytesRead;

    private PromptFile(string path, PromptLineReader reader, long sizeBytes)
    {
        _path = path;
        _reader = reader;
        SizeBytes = sizeBytes;
    }

    /// <summary>Size of the file as it lies on disk.</summary>
    public long SizeBytes { get; }

    /// <summary>How far the file has been read, from 0 to 1; of a gzipped file, the compressed bytes count.</summary>
    public double Progress => SizeBytes == 0 ? 1 : Math.Min(1, (double)Interlocked.Read(ref _bytesRead) / SizeBytes);

    /// <summary>Looks at the name and the size of a file; reads nothing yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textColumn">Name of the column or property that holds the question. Null: text, prompt, question or query.</param>
    /// <param name="groupColumn">Name of the column or property that holds the group. Null: group, intent, label or category, where there is one.</param>
    /// <exception cref="PromptFileException">There is no such file, or its name ends in none of the known formats.</exception>
    public static PromptFile Open(string path, string? textColumn = null, string? groupColumn = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new PromptFileException($"{path}: no such file.");
        string[] textNames = textColumn is null ? TextNames : [textColumn];
        string[] groupNames = groupColumn is null ? GroupNames : [groupColumn];
        bool groupRequired = groupColumn is not null;
        string name = file.Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file.Name[..^3] : file.Name;
        PromptLineReader reader = Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".txt" => new TextPromptReader(),
            ".tsv" => new TablePromptReader(textNames, groupNames, groupRequired),
            ".jsonl" or ".ndjson" => new JsonPromptReader(textNames, groupNames, groupRequired),
            _ => throw new PromptFileException($"{path}: the name must end in .txt, .tsv or .jsonl, or one of these and .gz."),
        };
        return new PromptFile(path, reader, file.Length);
    }

    /// <summary>The questions, in the order of the file. May be called once.</summary>
    /// <exception cref="PromptFileException">A line is not what the format wants, is not UTF-8, or the gzip stream is damaged.</exception>
    public async IAsyncEnumerable<Prompt> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using FileStream file = OpenFile();
        await using Stream counted = new CountingStream(file, count => Interlocked.Add(ref _bytesRead, count));
        await using Stream plain = IsGzipped(file) ? new GZipStream(counted, CompressionMode.Decompress) : counted;
        using var lines = new StreamReader(plain, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        for (int number = 1; await NextLineAsync(lines, number, cancellation).ConfigureAwait(false) is { } line; number++)
        {
            Prompt? prompt;
            try
            {
                prompt = _reader.Read(line);
            }
            catch (FormatException e)
            {
                throw new PromptFileException($"{_path}, line {number}: {e.Message}", e);
            }
            if (prompt is { } found)
                yield return found;
        }
    }

    private FileStream OpenFile()
    {
        try
        {
            return new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PromptFileException($"{_path} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>A file tells by its first two bytes whether it is gzipped; its name may lie.</summary>
    private static bool IsGzipped(FileStream file)
    {
        bool gzipped = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return gzipped;
    }

    private async ValueTask<string?> NextLineAsync(StreamReader lines, int number, CancellationToken cancellation)
    {
        try
        {
            return await lines.ReadLineAsync(cancellation).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw new PromptFileException($"{_path}, near line {number}: not UTF-8.", e);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new PromptFileException($"{_path}, near line {number}: cannot be read to its end: {e.Message}", e);
        }
    }
}
