using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>Code that can corrupt memory stands in one project only.</summary>
internal static class Danger
{
    private const string Home = "Refrain.Vectors";

    private static readonly string[] Namespaces = ["System.Runtime.InteropServices", "System.Runtime.Intrinsics"];

    /// <summary>Unsafe words and names in a source outside that project.</summary>
    public static IEnumerable<string> InSource(SourceFile file)
    {
        if (file.Project == Home)
            yield break;
        foreach (SyntaxToken token in file.Root.DescendantTokens().Where(token => token.IsKind(SyntaxKind.UnsafeKeyword) || token.IsKind(SyntaxKind.FixedKeyword)))
            yield return $"{file.Place(token.Parent!)}: '{token.Text}' belongs into {Home}";
        foreach (SyntaxNode name in file.Root.DescendantNodes().Where(node => node is QualifiedNameSyntax or MemberAccessExpressionSyntax or IdentifierNameSyntax))
        {
            string text = name.ToString();
            if (Namespaces.Any(banned => text == banned || text.StartsWith(banned + ".", StringComparison.Ordinal)) || text is "Unsafe" or "System.Runtime.CompilerServices.Unsafe")
                yield return $"{file.Place(name)}: '{text}' belongs into {Home}";
        }
    }

    /// <summary>A project of the product that allows itself unsafe code, or lets a warning pass.</summary>
    public static IEnumerable<string> InProject(string path, string xml)
    {
        XElement root = XElement.Parse(xml);
        if (Path.GetFileNameWithoutExtension(path) != Home && root.Descendants("AllowUnsafeBlocks").Any(value => value.Value.Trim() == "true"))
            yield return $"{path}: AllowUnsafeBlocks belongs into {Home}";
        foreach (XElement lenient in root.Descendants().Where(element => element.Name.LocalName is "NoWarn" or "WarningsNotAsErrors" or "TreatWarningsAsErrors"))
            yield return $"{path}: {lenient.Name.LocalName} is not for a project to say; .editorconfig switches rules off, with the reason";
    }
}
