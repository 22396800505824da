namespace Tidy.Tests;

/// <summary>A fenced block of a Markdown file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line of the opening fence, from 1.</param>
/// <param name="Language">The first word after the fence.</param>
/// <param name="Marks">The other words.</param>
/// <param name="Text">What stands between the fences.</param>
internal sealed record Snippet(string Path, int Line, string Language, IReadOnlyList<string> Marks, string Text)
{
    /// <summary>Where it stands, to click on.</summary>
    public string Place => $"{Path}:{Line}";

    /// <summary>All fenced blocks of a file.</summary>
    public static IReadOnlyList<Snippet> ReadAll(string path, string markdown)
    {
        List<Snippet> snippets = [];
        string[] lines = markdown.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string opening = lines[i].TrimStart();
            if (!opening.StartsWith("```", StringComparison.Ordinal))
                continue;
            int indent = lines[i].Length - opening.Length;
            string[] words = opening[3..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int first = ++i;
            while (i < lines.Length && lines[i].Trim() != "```")
                i++;
            string text = string.Concat(lines[first..i].Select(line => (line.Length >= indent ? line[indent..] : line) + "\n"));
            snippets.Add(new(path, first, words.FirstOrDefault() ?? "", words.Length > 1 ? words[1..] : [], text));
        }

        return snippets;
    }

    /// <summary>All fenced blocks of the files that people read.</summary>
    public static IReadOnlyList<Snippet> OfTheHouse() => [.. Documents().SelectMany(path => ReadAll(path, House.Read(path)))];

    /// <summary>The files that people read: README.md, docs, and the READMEs within src.</summary>
    public static IEnumerable<string> Documents() => House.Files(".md").Where(path =>
        path == "README.md" || path.StartsWith("docs/", StringComparison.Ordinal) || (path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith("/README.md", StringComparison.Ordinal)));
}
