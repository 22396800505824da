using System.Globalization;
using System.Text;

namespace Refrain.Benchmarks;

/// <summary>Rows as a Markdown table that reads well in a terminal too.</summary>
internal static class MarkdownTable
{
    private static readonly string[] Headings = ["case", "metric", "value", "unit", "peer", "ratio"];

    /// <summary>The table; the columns for a peer are left out where nothing is compared.</summary>
    public static string Of(IReadOnlyList<SuiteRow> rows)
    {
        int columnCount = rows.Any(row => row.Peer is not null) ? 6 : 4;
        List<string[]> cells = [Headings[..columnCount]];
        foreach (SuiteRow row in rows)
            cells.Add([.. new[] { row.Case, row.Metric, Figure(row.Value), row.Unit, row.Peer ?? "", row.Ratio is { } ratio ? $"{Figure(ratio)} ×" : "" }.Take(columnCount)]);
        return Of(cells);
    }

    /// <summary>A figure with four significant digits, thousands set apart.</summary>
    public static string Figure(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.##", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.###", CultureInfo.InvariantCulture),
        _ => value.ToString("G4", CultureInfo.InvariantCulture),
    };

    private static string Of(List<string[]> cells)
    {
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => Math.Max(3, cells.Max(row => row[column].Length)))];
        StringBuilder table = new();
        for (int i = 0; i < cells.Count; i++)
        {
            table.Append("| ").AppendJoin(" | ", cells[i].Select((cell, column) => IsFigure(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).Append(" |\n");
            if (i == 0)
                table.Append("| ").AppendJoin(" | ", widths.Select((width, column) => IsFigure(column) ? new string('-', width - 1) + ":" : new string('-', width))).Append(" |\n");
        }

        return table.ToString();
    }

    private static bool IsFigure(int column) => column is 2 or 5;
}
