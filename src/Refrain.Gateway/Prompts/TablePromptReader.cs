namespace Refrain.Gateway;

/// <summary>Tab-separated columns under a header line; no quoting, so a cell holds neither a tab nor a line end.</summary>
internal sealed class TablePromptReader(string[] textNames, string[] groupNames, bool groupRequired) : PromptLineReader
{
    private int _textIndex = -1;
    private int _groupIndex = -1;
    private int _columnCount;

    public override Prompt? Read(string line)
    {
        if (line.Length == 0)
            return null;
        string[] cells = line.Split('\t');
        if (_textIndex < 0)
        {
            ReadHeader(cells);
            return null;
        }
        if (cells.Length != _columnCount)
            throw new FormatException($"expected {_columnCount} columns as in the header, found {cells.Length}.");
        return string.IsNullOrWhiteSpace(cells[_textIndex]) ? null : new Prompt(cells[_textIndex], GroupOf(cells));
    }

    private void ReadHeader(string[] names)
    {
        _columnCount = names.Length;
        _textIndex = IndexOfAny(names, textNames);
        _groupIndex = IndexOfAny(names, groupNames);
        if (_textIndex < 0)
            throw new FormatException($"the header names no column {string.Join(" or ", textNames)}; it names {string.Join(", ", names)}.");
        if (_groupIndex < 0 && groupRequired)
            throw new FormatException($"the header names no column {groupNames[0]}; it names {string.Join(", ", names)}.");
    }

    private static int IndexOfAny(string[] names, string[] wanted)
    {
        foreach (string name in wanted)
        {
            int index = Array.FindIndex(names, candidate => string.Equals(candidate.Trim(), name, StringComparison.OrdinalIgnoreCase));
            if (index >= 0)
                return index;
        }
        return -1;
    }

    private string? GroupOf(string[] cells) => _groupIndex < 0 || cells[_groupIndex].Length == 0 ? null : cells[_groupIndex];
}
