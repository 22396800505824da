using BenchmarkDotNet.Attributes;

namespace Refrain.Benchmarks;

/// <summary>What the gate must reject: it says of itself that it allocates nothing, and it does not.</summary>
public class CanaryBenchmarks
{
    /// <summary>Allocates an object every time.</summary>
    [Benchmark]
    public object AllocatesOneObject() => new();
}
