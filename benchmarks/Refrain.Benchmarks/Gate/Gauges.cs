using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Refrain.Benchmarks;

/// <summary>All gauges: those listed here, and the allocated bytes of every BenchmarkDotNet method.</summary>
internal static class Gauges
{
    private static readonly IGauge[] Listed =
    [
        new IndexWork(500),
        new IndexWork(20_000),
    ];

    /// <summary>Every gauge that must have a baseline.</summary>
    public static IReadOnlyList<IGauge> All { get; } = [.. Listed, .. AllocationsIn(BenchmarkClasses())];

    /// <summary>A gauge for each benchmark of the classes.</summary>
    public static IEnumerable<IGauge> AllocationsIn(IEnumerable<Type> classes) =>
        from type in classes
        from method in type.GetMethods().Where(method => method.GetCustomAttribute<BenchmarkAttribute>() is not null).OrderBy(method => method.Name, StringComparer.Ordinal)
        from arguments in AllocationGauge.ParametersOf(type)
        select new AllocationGauge(type, method, arguments);

    /// <summary>The BenchmarkDotNet classes, planted ones left out.</summary>
    public static IEnumerable<Type> BenchmarkClasses() =>
        typeof(Gauges).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type != typeof(CanaryBenchmarks) && type.GetMethods().Any(method => method.GetCustomAttribute<BenchmarkAttribute>() is not null))
            .OrderBy(type => type.Name, StringComparer.Ordinal);
}
