using System.IO.Compression;

namespace Refrain.Tests;

/// <summary>Real data that lies beside the project on some machines, never in it.</summary>
internal static class LabelledData
{
    /// <summary>The rows of a table as dictionaries by column; skips the test where the table is absent.</summary>
    public static List<Dictionary<string, string>> Rows(string set, string file)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Engine.sln"))) root = root.Parent;
        string path = Path.Combine(root?.FullName ?? ".", "..", "shared", "data", set, file);
        Assert.SkipUnless(File.Exists(path), $"The labelled data is not here: {path}");

        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] columns = reader.ReadLine()!.Split('\t');
        var rows = new List<Dictionary<string, string>>();
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split('\t');
            rows.Add(columns.Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal));
        }

        return rows;
    }
}
