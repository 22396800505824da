using System.IO.Compression;

namespace Refrain.Benchmarks;

/// <summary>The labelled data that lies beside the project on some machines, never in it.</summary>
internal static class SharedData
{
    /// <summary>The rows of a table, by column; null where it is not here.</summary>
    public static List<Dictionary<string, string>>? Rows(string set, string kind)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Engine.sln"))) root = root.Parent;
        string path = Path.Combine(root?.FullName ?? ".", "..", "shared", "data", set, $"{kind}.dev.tsv.gz");
        if (!File.Exists(path)) return null;

        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] columns = reader.ReadLine()!.Split('\t');
        var rows = new List<Dictionary<string, string>>();
        while (reader.ReadLine() is { } line)
            rows.Add(columns.Zip(line.Split('\t')).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal));
        return rows;
    }
}
