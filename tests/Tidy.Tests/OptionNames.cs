using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>Environment variables and command-line options: what the code reads is told in the documents, and what they tell is read by the code.</summary>
internal static partial class OptionNames
{
    /// <summary>Environment variables of the product, one way and the other.</summary>
    /// <param name="sources">All sources: those outside src may know variables of their own, which documents may name.</param>
    /// <param name="documents">Texts by path.</param>
    public static IEnumerable<string> Variables(IReadOnlyList<SourceFile> sources, IReadOnlyDictionary<string, string> documents)
    {
        HashSet<string> read = [.. sources.Where(IsProduct).SelectMany(file => Literals(file).Where(text => WholeVariable().IsMatch(text)))];
        HashSet<string> known = [.. read, .. sources.SelectMany(file => Literals(file).Where(text => WholeVariable().IsMatch(text)))];
        HashSet<string> told = [.. documents.Values.SelectMany(text => Variable().Matches(text).Select(match => Numbered().Replace(match.Value, "_UPSTREAM_")))];
        return read.Except(told).Order(StringComparer.Ordinal).Select(name => $"{name} is read by the code, and told in no document")
            .Concat(told.Except(known).Order(StringComparer.Ordinal).Select(name => $"{name} is told in a document, and read nowhere"));
    }

    /// <summary>Options of the program, one way and the other.</summary>
    public static IEnumerable<string> CommandLine(IReadOnlyList<SourceFile> sources, IReadOnlyDictionary<string, string> documents)
    {
        HashSet<string> known = [.. sources.Where(file => file.Path.StartsWith("src/Refrain.Gateway/", StringComparison.Ordinal)).SelectMany(file => Literals(file).Where(text => WholeOption().IsMatch(text)))];
        HashSet<string> everywhere = [.. known, .. sources.SelectMany(file => Literals(file).Where(text => WholeOption().IsMatch(text)))];
        HashSet<string> told = [.. documents.Values.SelectMany(text => Option().Matches(text).Select(match => match.Groups["name"].Value))];
        HashSet<string> spans = [.. documents.Values.SelectMany(text => OptionSpan().Matches(text).Select(match => match.Groups["name"].Value))];
        return known.Except(told).Order(StringComparer.Ordinal).Select(name => $"{name} is an option of the program, and told in no document")
            .Concat(spans.Except(everywhere).Order(StringComparer.Ordinal).Select(name => $"{name} is told in a document, and no program of the house has it"));
    }

    private static bool IsProduct(SourceFile file) => file.Path.StartsWith("src/", StringComparison.Ordinal);

    private static IEnumerable<string> Literals(SourceFile file) =>
        file.Root.DescendantNodes().OfType<LiteralExpressionSyntax>().Where(literal => literal.IsKind(SyntaxKind.StringLiteralExpression)).Select(literal => literal.Token.ValueText);

    [GeneratedRegex("^(CACHE|REFRAIN)_[A-Z0-9_]*[A-Z0-9]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WholeVariable();

    [GeneratedRegex(@"\b(CACHE|REFRAIN)_[A-Z0-9_]*[A-Z0-9]\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex("_UPSTREAM_[2-9]_", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbered();

    [GeneratedRegex("^--[a-z][a-z-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WholeOption();

    [GeneratedRegex(@"(?<![\w-])(?<name>--[a-z][a-z-]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Option();

    // In running text: `--json FILE`.
    [GeneratedRegex(@"(?<!`)`(?<name>--[a-z][a-z-]+)[^`\n]*`(?!`)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OptionSpan();
}
