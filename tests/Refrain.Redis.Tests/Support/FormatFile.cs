using System.Globalization;

namespace Refrain.Redis.Tests;

/// <summary>The tables of src/Refrain.Redis/Wire/FORMAT.md.</summary>
internal static class FormatFile
{
    public static IEnumerable<(int Offset, int Size, string Field)> Table(string heading)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Root(), "src", "Refrain.Redis", "Wire", "FORMAT.md"));
        return lines
            .SkipWhile(line => line != $"## {heading}").Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length > 4 && int.TryParse(cells[1], out _))
            .Select(cells => (int.Parse(cells[1], CultureInfo.InvariantCulture), int.TryParse(cells[2], out int size) ? size : 0, cells[3]));
    }

    public static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Engine.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("Engine.sln is in no folder above the tests.");
    }
}
