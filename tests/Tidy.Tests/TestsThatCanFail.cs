using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>A test has to be able to fail, and has to run.</summary>
internal static class TestsThatCanFail
{
    private static readonly string[] Marks = ["Fact", "Theory", "Property"];

    /// <summary>Tests that assert nothing, neither themselves nor in a method they call in the same folder tree.</summary>
    /// <param name="sources">The sources of one test project, in which helpers are looked for too.</param>
    public static IEnumerable<string> WithoutAssertion(IReadOnlyList<SourceFile> sources)
    {
        Dictionary<string, List<SyntaxNode>> methods = new(StringComparer.Ordinal);
        foreach (MethodDeclarationSyntax method in sources.SelectMany(file => file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()))
        {
            if (!methods.TryGetValue(method.Identifier.Text, out List<SyntaxNode>? named))
                methods[method.Identifier.Text] = named = [];
            named.Add(method);
        }

        return from file in sources
               from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
               where IsTest(method) && !Asserts(method, methods, [])
               select $"{file.Place(method)}: {method.Identifier.Text} asserts nothing, and so cannot fail";
    }

    /// <summary>Tests that are switched off by an attribute.</summary>
    public static IEnumerable<string> SwitchedOff(SourceFile file) =>
        from attribute in file.Root.DescendantNodes().OfType<AttributeSyntax>()
        where Marks.Contains(attribute.Name.ToString(), StringComparer.Ordinal)
        from argument in attribute.ArgumentList?.Arguments ?? []
        where argument.NameEquals?.Name.Identifier.Text is "Skip" or "Explicit"
        select $"{file.Place(attribute)}: a test that is switched off tests nothing; Assert.SkipUnless says why at run time, and is counted";

    /// <summary>Tests whose name is no sentence.</summary>
    public static IEnumerable<string> WithoutSentence(SourceFile file) =>
        from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where IsTest(method) && method.Identifier.Text.Count(letter => letter == '_') < 2
        select $"{file.Place(method)}: '{method.Identifier.Text}' is not a sentence with underscores";

    private static bool IsTest(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => Marks.Contains(attribute.Name.ToString(), StringComparer.Ordinal));

    private static bool Asserts(SyntaxNode method, Dictionary<string, List<SyntaxNode>> methods, HashSet<SyntaxNode> seen)
    {
        if (!seen.Add(method))
            return false;
        if (method is MethodDeclarationSyntax { ReturnType: var result } declared && IsTest(declared) && result.ToString() is "bool" or "Property" or "Task<bool>")
            return true; // A property: FsCheck judges what it returns.
        foreach (SimpleNameSyntax name in method.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            string text = name.Identifier.Text;
            if (text == "Assert" || text.StartsWith("Sample", StringComparison.Ordinal) || text is "QuickCheckThrowOnFailure" or "Complaints")
                return true;
            if (methods.TryGetValue(text, out List<SyntaxNode>? called) && called.Exists(helper => Asserts(helper, methods, seen)))
                return true;
        }

        return false;
    }
}
