using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary><c>docs/options.md</c>: every property of every public options type, with its type, its default and what its documentation says. Made from the sources.</summary>
internal static partial class OptionsDocument
{
    /// <summary>Where it lies.</summary>
    public const string Path = "docs/options.md";

    /// <summary>The document that the sources make.</summary>
    public static string Write(IEnumerable<SourceFile> sources)
    {
        StringBuilder text = new();
        text.Append("""
            # Options in code

            Made from the sources; a test compares. To make it again after a change: `REFRAIN_WRITE_DOCS=1 dotnet run -c Release --project tests/Tidy.Tests`.
            Environment variables are in [configuration.md](configuration.md).

            """);
        foreach (TypeDeclarationSyntax type in sources.SelectMany(Types).OrderBy(type => NamespaceOf(type), StringComparer.Ordinal).ThenBy(type => type.Identifier.Text, StringComparer.Ordinal))
        {
            text.Append($"\n## {NamespaceOf(type)}.{type.Identifier.Text}\n\n{SummaryOf(type)}\n\n| property | type | default | meaning |\n| --- | --- | --- | --- |\n");
            foreach (PropertyDeclarationSyntax property in type.Members.OfType<PropertyDeclarationSyntax>().Where(IsSettable))
                text.Append($"| `{property.Identifier.Text}` | `{property.Type}` | {DefaultOf(property)} | {SummaryOf(property)} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<TypeDeclarationSyntax> Types(SourceFile file) =>
        file.Root.DescendantNodes().OfType<TypeDeclarationSyntax>().Where(type =>
            type.Modifiers.Any(SyntaxKind.PublicKeyword) && (type.Identifier.Text.EndsWith("Options", StringComparison.Ordinal) || type.Identifier.Text is "HitPolicy" or "RefrainRequest"));

    private static bool IsSettable(PropertyDeclarationSyntax property) =>
        property.Modifiers.Any(SyntaxKind.PublicKeyword) && !property.Modifiers.Any(SyntaxKind.StaticKeyword)
        && (property.AccessorList?.Accessors.Any(accessor => accessor.IsKind(SyntaxKind.SetAccessorDeclaration) || accessor.IsKind(SyntaxKind.InitAccessorDeclaration)) ?? false);

    private static string DefaultOf(PropertyDeclarationSyntax property) =>
        property.Modifiers.Any(SyntaxKind.RequiredKeyword) ? "required"
        : property.Initializer is { } initial ? $"`{Spaces().Replace(initial.Value.ToString(), " ")}`"
        : property.Type is NullableTypeSyntax ? "null"
        : property.Type.ToString() is "bool" ? "`false`"
        : property.Type.ToString() is "string" ? "`\"\"`"
        : property.Type.ToString() is "int" or "long" or "ulong" or "float" or "double" or "decimal" ? "`0`"
        : "`default`";

    private static string NamespaceOf(SyntaxNode type) => type.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().First().Name.ToString();

    private static string SummaryOf(SyntaxNode member)
    {
        DocumentationCommentTriviaSyntax? comment = member.GetLeadingTrivia().Select(trivia => trivia.GetStructure()).OfType<DocumentationCommentTriviaSyntax>().FirstOrDefault();
        XmlElementSyntax? summary = comment?.Content.OfType<XmlElementSyntax>().FirstOrDefault(element => element.StartTag.Name.ToString() == "summary");
        if (summary is null)
            return "";
        string text = string.Concat(summary.Content.Select(node => node.ToFullString()));
        text = References().Replace(Slashes().Replace(text, " "), match => $"`{match.Groups["name"].Value}`");
        text = Code().Replace(text, match => $"`{match.Groups["text"].Value}`");
        return System.Net.WebUtility.HtmlDecode(Spaces().Replace(Tags().Replace(text, ""), " ").Trim()).Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\s*///", RegexOptions.Multiline, 1000)]
    private static partial Regex Slashes();

    [GeneratedRegex("""<(see|paramref|seealso)\s+(cref|name|langword|href)="(?<name>[^"]+)"\s*/>""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex References();

    [GeneratedRegex("<c>(?<text>[^<]*)</c>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [GeneratedRegex("<[^<>]+>", RegexOptions.None, 1000)]
    private static partial Regex Tags();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Spaces();
}
