using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Tidy.Tests;

/// <summary>A C# file: of the tree, or made up by a canary.</summary>
/// <param name="Path">Relative to the root, with forward slashes.</param>
/// <param name="Text">Its text.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private SyntaxTree? _tree;

    /// <summary>What the compiler reads in it.</summary>
    public SyntaxTree Tree => _tree ??= CSharpSyntaxTree.ParseText(Text, new CSharpParseOptions(LanguageVersion.Latest), Path);

    /// <summary>The root of the tree.</summary>
    public SyntaxNode Root => Tree.GetRoot();

    /// <summary>"Refrain" for src/Refrain/Exact/ExactTable.cs.</summary>
    public string Project => Path.Split('/') is [_, var project, _, ..] ? project : "";

    /// <summary>"Exact" for src/Refrain/Exact/ExactTable.cs; empty in the root of a project.</summary>
    public string Stage => Path.Split('/') is [_, _, var stage, _, ..] ? stage : "";

    /// <summary>Where a node stands, to click on.</summary>
    public string Place(SyntaxNode node) => $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";
}
