namespace Refrain.Benchmarks;

/// <summary>
/// Something whose figures must not drift: work counters at a fixed seed, recall, round trips. Add a file with the gauge and a line to <see cref="Gauges"/>.
/// The BenchmarkDotNet classes are gauges of their allocated bytes without further ado.
/// </summary>
internal interface IGauge
{
    /// <summary>Name in <c>perf-baselines.json</c>, such as "IndexWork.Threshold search, 20,000 vectors".</summary>
    string Name { get; }

    /// <summary>Takes the figures. Every seed is fixed; no clock is read.</summary>
    IReadOnlyList<Reading> Read();
}
