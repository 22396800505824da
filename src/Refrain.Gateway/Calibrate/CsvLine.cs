using System.Text;

namespace Refrain.Gateway;

/// <summary>One line of comma-separated values; a cell between double quotes may hold commas, and quotes written twice. Cells hold no line ends.</summary>
internal static class CsvLine
{
    internal static string[] Split(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') cell.Append(line[i++]);
            else if (c == '"' && (quoted || cell.Length == 0)) quoted = !quoted;
            else if (c == ',' && !quoted) Finish();
            else cell.Append(c);
        }

        Finish();
        return [.. cells];

        void Finish()
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }
    }
}
