namespace Tidy.Tests;

public sealed class PerformanceDocumentTests
{
    [Fact]
    public void The_document_of_the_figures_is_the_one_that_the_baselines_make() => MadeDocument.Compare(PerformanceDocument.Path, PerformanceDocument.Write(House.Read("perf-baselines.json")));

    [Fact]
    public void It_holds_what_is_gated_and_what_was_timed()
    {
        string made = PerformanceDocument.Write("""
            { "gauges": { "Planted": { "scored_per_hit": { "exact": 20000 } } }, "times": { "machine": "planted machine", "benchmarks": { "PlantedBenchmarks.Goes": { "mean_ns": 12.5, "p50_ns": 12, "p95_ns": 1500 } } } }
            """);
        Assert.Contains("| `Planted` | scored per hit | exactly 20,000 |", made, StringComparison.Ordinal);
        Assert.Contains("on planted machine.", made, StringComparison.Ordinal);
        Assert.Contains("| `PlantedBenchmarks.Goes` | 12.5 ns | 12 ns | 1.5 µs |", made, StringComparison.Ordinal);
    }
}
