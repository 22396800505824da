using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>Which project may know which.</summary>
internal static class ProjectArrows
{
    /// <summary>Every project of the product, with those it may reference.</summary>
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Refrain.Vectors"] = [],
        ["Refrain"] = ["Refrain.Vectors"],
        ["Refrain.Sqlite"] = ["Refrain"],
        ["Refrain.Redis"] = ["Refrain"],
        ["Refrain.Embeddings"] = ["Refrain"],
        ["Refrain.Embeddings.Onnx"] = ["Refrain", "Refrain.Embeddings"],
        ["Refrain.Chat"] = ["Refrain"],
        ["Refrain.Gateway"] = ["Refrain.Vectors", "Refrain", "Refrain.Sqlite", "Refrain.Redis", "Refrain.Embeddings", "Refrain.Embeddings.Onnx", "Refrain.Chat"],
        ["Refrain.Examples"] = ["Refrain", "Refrain.Sqlite", "Refrain.Redis", "Refrain.Embeddings", "Refrain.Chat"],
    };

    /// <summary>The packages that the vector index may take: it is of use to whoever never heard of caching, and drags nothing along.</summary>
    private static readonly string[] VectorPackages = ["System.IO.Hashing"];

    /// <summary>What a project file references and may not.</summary>
    public static IEnumerable<string> InProject(string path, string xml)
    {
        string project = Path.GetFileNameWithoutExtension(path);
        if (!Allowed.TryGetValue(project, out string[]? allowed))
            return [$"{path}: {project} is not on the map of projects in ProjectArrows.Allowed"];
        XElement root = XElement.Parse(xml);
        IEnumerable<string> references = root.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')));
        IEnumerable<string> packages = project == "Refrain.Vectors" ? root.Descendants("PackageReference").Select(reference => (string)reference.Attribute("Include")!).Except(VectorPackages, StringComparer.Ordinal) : [];
        return references.Where(reference => !allowed.Contains(reference, StringComparer.Ordinal)).Select(reference => $"{path}: {project} may not reference {reference}")
            .Concat(packages.Select(package => $"{path}: {project} may not take the package {package}"));
    }

    /// <summary>What a source file names and may not.</summary>
    public static IEnumerable<string> InSource(SourceFile file)
    {
        if (!Allowed.TryGetValue(file.Project, out string[]? allowed))
            yield break;
        foreach (SyntaxNode name in file.Root.DescendantNodes().Where(IsWholeDottedName))
        {
            string text = name.ToString();
            string? named = Allowed.Keys.Where(project => text == project || text.StartsWith(project + ".", StringComparison.Ordinal)).MaxBy(project => project.Length);
            if (named is not null && named != file.Project && !allowed.Contains(named, StringComparer.Ordinal))
                yield return $"{file.Place(name)}: {file.Project} may not name {named}";
        }
    }

    private static bool IsWholeDottedName(SyntaxNode node) =>
        node is QualifiedNameSyntax or MemberAccessExpressionSyntax && node.Parent is not (QualifiedNameSyntax or MemberAccessExpressionSyntax);
}
