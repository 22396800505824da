using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>Names of types, and one type a file.</summary>
internal static partial class TypeNames
{
    private static readonly string[] Banned = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Core", "Base", "Impl"];

    /// <summary>Types whose name hides that the noun did not come.</summary>
    public static IEnumerable<string> WithBannedWords(SourceFile file) =>
        from type in Types(file)
        from word in Words().Matches(NameOf(type)).Select(match => match.Value)
        where Banned.Contains(word, StringComparer.Ordinal)
        select $"{file.Place(type)}: {NameOf(type)} says '{word}'; if the noun will not come, the type is two types";

    /// <summary>Files with several types, or with another name than their type's.</summary>
    public static IEnumerable<string> NotAlone(SourceFile file)
    {
        SyntaxNode[] types = [.. Types(file).Where(type => type.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax)];
        string name = Path.GetFileNameWithoutExtension(file.Path).Split('.')[0];
        if (types.Length > 1)
            yield return $"{file.Path}: {types.Length} types stand here: {string.Join(", ", types.Select(NameOf))}";
        else if (types is [var only] && NameOf(only) != name)
            yield return $"{file.Path}: the file is not named after its type, {NameOf(only)}";
    }

    private static IEnumerable<SyntaxNode> Types(SourceFile file) => file.Root.DescendantNodes().Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    private static string NameOf(SyntaxNode type) => type is BaseTypeDeclarationSyntax declared ? declared.Identifier.Text : ((DelegateDeclarationSyntax)type).Identifier.Text;

    [GeneratedRegex("[A-Z][a-z0-9]*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();
}
