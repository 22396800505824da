using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>Words that have no business in the tree.</summary>
internal static partial class Words
{
    private static readonly string[] Texts = [".cs", ".md", ".json", ".txt", ".sh", ".props", ".csproj", ".yml", ".html", ".editorconfig", ".cpp", ".js"];

    // Split, so that this file does not hold what it looks for.
    private static readonly (string Word, string Why)[] Forbidden =
    [
        ("/wo" + "rk/", "a path of one machine"),
        ("/tmp/br" + "ief", "a path of one machine"),
        ("/ho" + "me/", "a path of one machine"),
        ("NotImplemented" + "Exception", "something is missing"),
        ("TO" + "DO", "a note to self"),
        ("FIX" + "ME", "a note to self"),
        ("HA" + "CK:", "a note to self"),
        ("Lorem ip" + "sum", "a placeholder"),
        ("work" + "tree", "how the project was written is not part of it"),
    ];

    /// <summary>Forbidden words in a file's text.</summary>
    public static IEnumerable<string> In(string path, string text)
    {
        foreach ((string word, string why) in Forbidden)
        {
            for (int at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
                yield return $"{path}:{text.AsSpan(0, at).Count('\n') + 1}: '{word}': {why}";
        }
    }

    /// <summary>Code that was commented out, tests above all: comments that the compiler would take.</summary>
    public static IEnumerable<string> CommentedOut(SourceFile file) =>
        from trivia in file.Root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) && IsCode(trivia.ToString()[2..].Trim())
        select $"{file.Path}:{file.Tree.GetLineSpan(trivia.Span).StartLinePosition.Line + 1}: commented-out code does not exist: {trivia}";

    /// <summary>Whether the file is one that people wrote as text.</summary>
    public static bool IsText(string path) =>
        Texts.Contains(Path.GetExtension(path), StringComparer.Ordinal) || path == ".ci/run" || Path.GetFileName(path) is ".editorconfig" or ".gitignore" or ".gitattributes" or "LICENSE";

    private static bool IsCode(string comment)
    {
        if (TestMark().IsMatch(comment))
            return true;
        if (!comment.EndsWith(';'))
            return false;
        StatementSyntax statement = SyntaxFactory.ParseStatement(comment);
        return statement is not (EmptyStatementSyntax or LabeledStatementSyntax) && !statement.ContainsDiagnostics && statement.FullSpan.Length == comment.Length;
    }

    [GeneratedRegex(@"^\[(Fact|Theory|Property|Benchmark)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestMark();
}
