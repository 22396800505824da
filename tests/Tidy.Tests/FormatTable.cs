using System.Globalization;

namespace Tidy.Tests;

/// <summary>The tables of a <c>FORMAT.md</c> that say where in a record each field stands: those whose columns begin with offset, size, field.</summary>
/// <param name="Heading">The heading above the table.</param>
/// <param name="Fields">The rows.</param>
internal sealed record FormatTable(string Heading, IReadOnlyList<FormatField> Fields)
{
    /// <summary>Reads all such tables of a text.</summary>
    public static IReadOnlyList<FormatTable> ReadAll(string markdown)
    {
        List<FormatTable> tables = [];
        List<FormatField>? fields = null;
        string heading = "";
        foreach (string line in markdown.Split('\n'))
        {
            string[] cells = [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim().Trim('`'))];
            if (line.StartsWith('#'))
                heading = line.TrimStart('#').Trim();
            if (!line.TrimStart().StartsWith('|'))
            {
                fields = null;
            }
            else if (fields is null && cells is ["offset", "size", "field", ..])
            {
                fields = [];
                tables.Add(new(heading, fields));
            }
            else if (fields is not null && !cells.All(cell => cell.Trim('-', ':').Length == 0))
            {
                fields.Add(new(cells[0], cells[1], cells.Length > 2 ? cells[2] : "", cells.Length > 3 ? cells[3] : ""));
            }
        }

        return tables;
    }

    /// <summary>Gaps, overlaps, doubles and fields without a meaning. Offsets and sizes may be words ("n", "to the end") from the first field of variable size on.</summary>
    public IEnumerable<string> Complaints()
    {
        long expected = 0;
        bool isFixed = true;
        foreach (FormatField field in Fields)
        {
            isFixed &= long.TryParse(field.Offset, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out long offset);
            if (isFixed && offset != expected)
                yield return $"{Heading}: {field.Name} stands at {offset}, and the field before it ends at {expected}";
            isFixed &= long.TryParse(field.Size, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out long size);
            expected = offset + size;
            if (field.Name.Length == 0 || field.Meaning.Length == 0)
                yield return $"{Heading}: the field at {field.Offset} lacks its name or its meaning";
        }

        foreach (string twice in Fields.GroupBy(field => field.Name, StringComparer.Ordinal).Where(group => group.Count() > 1 && group.Key != "reserved").Select(group => group.Key))
            yield return $"{Heading}: {twice} stands there twice";
    }
}
