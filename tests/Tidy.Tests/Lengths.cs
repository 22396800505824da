using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>How long files and methods may be.</summary>
internal static class Lengths
{
    /// <summary>Lines in a file.</summary>
    public const int FileLinesMax = 400;

    /// <summary>Lines in a method, signature and braces included.</summary>
    public const int MethodLinesMax = 70;

    /// <summary>The list of those that may be longer, up to the length that stands there: a line each, "FILE LINES" or "FILE#METHOD LINES".</summary>
    public const string ExceptionsPath = "tests/Tidy.Tests/lengths.txt";

    /// <summary>Files and methods that are too long, and exceptions that need their place no longer.</summary>
    public static IEnumerable<string> In(IEnumerable<SourceFile> sources, string exceptions)
    {
        Dictionary<string, int> allowed = Parse(exceptions);
        Dictionary<string, int> longer = new(StringComparer.Ordinal);
        foreach ((string name, int lines, int most) in sources.SelectMany(Measure).Where(measured => measured.Lines > measured.Most))
        {
            longer[name] = Math.Max(lines, longer.GetValueOrDefault(name));
            if (!allowed.TryGetValue(name, out int exception))
                yield return $"{name}: {lines} lines, and {most} are allowed";
            else if (lines > exception)
                yield return $"{name}: {lines} lines, and even its exception allows only {exception}; exceptions shrink";
        }

        foreach (string name in allowed.Keys.Where(name => !longer.ContainsKey(name)))
            yield return $"{ExceptionsPath}: {name} needs its place no longer";
    }

    private static Dictionary<string, int> Parse(string exceptions) => exceptions.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Where(line => line[0] != '/')
        .Select(line => line.Split(' '))
        .ToDictionary(parts => parts[0], parts => int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);

    private static IEnumerable<(string Name, int Lines, int Most)> Measure(SourceFile file)
    {
        yield return (file.Path, file.Text.TrimEnd('\n').Count(letter => letter == '\n') + 1, FileLinesMax);
        foreach (SyntaxNode body in file.Root.DescendantNodes().Where(node => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax))
        {
            FileLinePositionSpan span = file.Tree.GetLineSpan(body.Span);
            yield return ($"{file.Path}#{NameOf(body)}", span.EndLinePosition.Line - span.StartLinePosition.Line + 1, MethodLinesMax);
        }
    }

    private static string NameOf(SyntaxNode body) => body switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
        _ => body.GetType().Name,
    };
}
