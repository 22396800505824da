using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>Folders are the stages that data meets, and a stage never reaches back up.</summary>
internal static class Stages
{
    /// <summary>The stages of each project, lowest first. A stage names those before it, its own, and the root of the project.</summary>
    public static IReadOnlyDictionary<string, string[]> Order { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Refrain.Vectors"] = ["Memory", "Kernels", "Codes", "Storage", "Bands", "Graph"],
        ["Refrain"] = ["Canonical", "Exact", "Persistence", "Semantic", "WriteBack"],
        ["Refrain.Redis"] = ["Wire", "Connection", "Following"],
        ["Refrain.Embeddings"] = ["Calibration", "Lexical", "Table", "Remote"],
        ["Refrain.Chat"] = ["Identity", "Admission", "Answers", "Flights", "Money", "Routing"],
        ["Refrain.Gateway"] = ["Prompts", "Wire", "Models", "Hosting", "Serve", "Replay", "Inspect", "Calibrate"],
    };

    private static readonly string[] ImplicitUsings =
        ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];

    private static readonly Lazy<IReadOnlyList<MetadataReference>> Platform = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Refrain", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path))]);

    /// <summary>Every name in the project's sources that belongs to a later stage.</summary>
    public static IEnumerable<string> In(string project, IReadOnlyList<SourceFile> sources)
    {
        if (!Order.TryGetValue(project, out string[]? order))
        {
            return sources.Where(file => file.Stage.Length > 0).Select(file => file.Stage).Distinct(StringComparer.Ordinal)
                .Select(stage => $"src/{project}/{stage}: {project} has stages, but no order of them in Stages.Order");
        }

        string[] unknown = [.. sources.Select(file => file.Stage).Where(stage => stage.Length > 0 && !order.Contains(stage, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal)];
        if (unknown.Length > 0)
            return unknown.Select(stage => $"src/{project}/{stage}: this stage has no place in Stages.Order");
        Dictionary<string, SourceFile> byPath = sources.ToDictionary(file => file.Path, StringComparer.Ordinal);
        CSharpCompilation compilation = Compile(project, sources);
        return sources.Where(file => file.Stage.Length > 0).SelectMany(file => In(file, compilation.GetSemanticModel(file.Tree), order, byPath));
    }

    private static IEnumerable<string> In(SourceFile file, SemanticModel model, string[] order, Dictionary<string, SourceFile> byPath)
    {
        int own = Array.IndexOf(order, file.Stage);
        foreach (SimpleNameSyntax name in file.Root.DescendantNodes(descendIntoTrivia: false).OfType<SimpleNameSyntax>())
        {
            SymbolInfo info = model.GetSymbolInfo(name);
            foreach (ISymbol symbol in info.Symbol is { } found ? [found] : info.CandidateSymbols)
            {
                INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
                SourceFile? declaring = type?.DeclaringSyntaxReferences.Select(reference => byPath.GetValueOrDefault(reference.SyntaxTree.FilePath)).FirstOrDefault(declared => declared is not null);
                if (declaring is not null && Array.IndexOf(order, declaring.Stage) > own)
                    yield return $"{file.Place(name)}: the stage {file.Stage} names {type!.Name} of the later stage {declaring.Stage}";
            }
        }
    }

    private static CSharpCompilation Compile(string project, IReadOnlyList<SourceFile> sources)
    {
        SyntaxTree usings = CSharpSyntaxTree.ParseText(string.Concat(ImplicitUsings.Select(name => $"global using {name};\n")), new CSharpParseOptions(LanguageVersion.Latest));
        return CSharpCompilation.Create(project, [usings, .. sources.Select(file => file.Tree)], Platform.Value, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }
}
