using System.Text;

namespace Refrain.Gateway;

/// <summary>A row of comma-separated values; a cell between double quotes may hold separators, line ends, and quotes written twice.</summary>
internal static class CsvLine
{
    /// <summary>What separates the names of a header: a comma, or what spreadsheets write where the comma is the decimal sign.</summary>
    internal static char SeparatorOf(string header) => header.Contains(',', StringComparison.Ordinal) ? ',' : header.Contains(';', StringComparison.Ordinal) ? ';' : '\t';

    /// <param name="row">One line, or more where a cell holds line ends.</param>
    /// <param name="separator">What stands between two cells.</param>
    /// <param name="isOpen">A quoted cell has begun and not ended: the row goes on in the next line.</param>
    internal static string[] Split(string row, char separator, out bool isOpen)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < row.Length; i++)
        {
            char c = row[i];
            if (quoted && c == '"' && i + 1 < row.Length && row[i + 1] == '"') cell.Append(row[i++]);
            else if (c == '"' && (quoted || cell.Length == 0)) quoted = !quoted;
            else if (c == separator && !quoted) Finish();
            else cell.Append(c);
        }

        Finish();
        isOpen = quoted;
        return [.. cells];

        void Finish()
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }
    }
}
