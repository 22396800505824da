using System.Text.Json;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>The names alone; the gate of the benchmarks compares the figures.</summary>
public sealed class BaselineTests
{
    [Fact]
    public void Every_benchmark_has_a_baseline_and_every_baseline_of_a_benchmark_its_benchmark() =>
        Complaints.None(Compare(House.Sources.Where(file => file.Path.StartsWith("benchmarks/", StringComparison.Ordinal)), House.Read("perf-baselines.json")));

    [Fact]
    public void A_benchmark_without_a_baseline_is_rejected() =>
        Complaints.Rejects(Compare([new("benchmarks/Planted.cs", "public class PlantedBenchmarks { [Benchmark] public void Goes() { } }")], """{ "gauges": { } }"""), "PlantedBenchmarks.Goes has no baseline");

    [Fact]
    public void A_baseline_without_a_benchmark_is_rejected() =>
        Complaints.Rejects(Compare([], """{ "gauges": { "PlantedBenchmarks.Gone": { "allocated_bytes": { "exact": 0 } } } }"""), "PlantedBenchmarks.Gone has no benchmark");

    private static IEnumerable<string> Compare(IEnumerable<SourceFile> sources, string baselines)
    {
        string[] benchmarks =
        [
            .. from file in sources
               from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
               where method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() == "Benchmark")
               let type = ((BaseTypeDeclarationSyntax)method.Parent!).Identifier.Text
               where type != "CanaryBenchmarks"
               select $"{type}.{method.Identifier.Text}",
        ];
        using JsonDocument document = JsonDocument.Parse(baselines);
        string[] names = [.. document.RootElement.GetProperty("gauges").EnumerateObject().Where(gauge => gauge.Value.TryGetProperty("allocated_bytes", out _)).Select(gauge => gauge.Name.Split('(')[0])];
        return benchmarks.Except(names, StringComparer.Ordinal).Select(name => $"{name} has no baseline in perf-baselines.json")
            .Concat(names.Except(benchmarks, StringComparer.Ordinal).Select(name => $"{name} has no benchmark"));
    }
}
