using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;

namespace Tidy.Tests;

/// <summary>
/// Compiles and runs C# snippets as programs with top-level statements, against the assemblies of the product. A snippet marked "norun" is only compiled,
/// because it needs a server or a key; one marked "continued" goes on after those before it in its file.
/// </summary>
internal static class SnippetProgram
{
    private static readonly TimeSpan RunTimeMax = TimeSpan.FromSeconds(60);

    private static readonly string[] Marks = ["norun", "continued"];

    private static readonly string[] ImplicitUsings =
        ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != "Tidy.Tests.dll")
            .Select(path => MetadataReference.CreateFromFile(path))]);

    /// <summary>What is wrong with the snippets of one file.</summary>
    public static async Task<IReadOnlyList<string>> ComplaintsAsync(IReadOnlyList<Snippet> snippets, CancellationToken cancellation)
    {
        List<string> complaints = [];
        List<Snippet> before = [];
        foreach (Snippet snippet in snippets.Where(snippet => snippet.Language is "csharp" or "cs" or "c#"))
        {
            complaints.AddRange(snippet.Marks.Except(Marks, StringComparer.Ordinal).Select(mark => $"{snippet.Place}: nobody knows the mark '{mark}'"));
            if (!snippet.Marks.Contains("continued", StringComparer.Ordinal))
                before.Clear();
            before.Add(snippet);
            string assembly = Path.Combine(AppContext.BaseDirectory, $"snippet-{Guid.NewGuid():N}.dll");
            try
            {
                string[] errors = [.. Compile(before, assembly).Select(error => $"{snippet.Place}: {error}")];
                complaints.AddRange(errors);
                if (errors.Length == 0 && !before.Exists(part => part.Marks.Contains("norun", StringComparer.Ordinal)) && await RunAsync(assembly, cancellation) is { } failure)
                    complaints.Add($"{snippet.Place}: {failure}");
            }
            finally
            {
                File.Delete(assembly);
            }
        }

        return complaints;
    }

    private static IEnumerable<string> Compile(IReadOnlyList<Snippet> parts, string assembly)
    {
        CSharpParseOptions options = new(LanguageVersion.Latest);
        CompilationUnitSyntax[] units = [.. parts.Select(part => SyntaxFactory.ParseCompilationUnit(part.Text, options: options))];

        // Directives first, then statements, then types: the order that a program with top-level statements wants.
        string source = string.Concat(
            units.SelectMany(unit => unit.Usings).Select(directive => directive.ToFullString())
                .Concat(units.SelectMany(unit => unit.Members).OrderBy(member => member is GlobalStatementSyntax ? 0 : 1).Select(member => member.ToFullString())));
        SyntaxTree usings = CSharpSyntaxTree.ParseText(string.Concat(ImplicitUsings.Select(name => $"global using {name};\n")), options);
        CSharpCompilation compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(assembly),
            [usings, CSharpSyntaxTree.ParseText(source, options)],
            References.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable, optimizationLevel: OptimizationLevel.Release));
        EmitResult result = compilation.Emit(assembly);
        return result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString());
    }

    private static async Task<string?> RunAsync(string assembly, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("refrain-snippet-").FullName;
        try
        {
            string ours = Path.Combine(AppContext.BaseDirectory, "Tidy.Tests");
            ProcessStartInfo start = new("dotnet", ["exec", "--depsfile", $"{ours}.deps.json", "--runtimeconfig", $"{ours}.runtimeconfig.json", assembly])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                UseShellExecute = false,
            };
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            using CancellationTokenSource tooLong = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            tooLong.CancelAfter(RunTimeMax);
            Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None), errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(tooLong.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return $"it did not end within {RunTimeMax.TotalSeconds} s; mark it 'norun' if it serves";
            }

            return process.ExitCode == 0 ? null : $"it ended with exit code {process.ExitCode}:\n{await output}{await errors}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
