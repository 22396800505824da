namespace Refrain.Benchmarks;

/// <summary>Faults planted on purpose. A gate that lets one pass is broken.</summary>
internal static class GateCanaries
{
    private const string Name = $"{nameof(CanaryBenchmarks)}.{nameof(CanaryBenchmarks.AllocatesOneObject)}";

    private static readonly (string Fault, string Baselines, IReadOnlyList<Reading> Readings)[] Planted =
    [
        ("recall below its floor", """{ "gauges": { "Planted": { "recall": { "at_least": 0.99 } } } }""", [new("recall", ReadingGate.AtLeast, 0.98)]),
        ("a recall that is not a number", """{ "gauges": { "Planted": { "recall": { "at_least": 0.99 } } } }""", [new("recall", ReadingGate.AtLeast, double.NaN)]),
        ("one more distance computed", """{ "gauges": { "Planted": { "distances": { "exact": 1000 } } } }""", [new("distances", ReadingGate.Exact, 1001)]),
        ("one distance less", """{ "gauges": { "Planted": { "distances": { "exact": 1000 } } } }""", [new("distances", ReadingGate.Exact, 999)]),
        ("more bytes than the bound", """{ "gauges": { "Planted": { "bytes": { "at_most": 10 } } } }""", [new("bytes", ReadingGate.AtMost, 11)]),
        ("a gauge without a baseline", """{ "gauges": { } }""", [new("distances", ReadingGate.Exact, 1)]),
        ("a metric without a baseline", """{ "gauges": { "Planted": { } } }""", [new("distances", ReadingGate.Exact, 1)]),
        ("a baseline without a metric", """{ "gauges": { "Planted": { "distances": { "exact": 1 }, "gone": { "exact": 1 } } } }""", [new("distances", ReadingGate.Exact, 1)]),
        ("a baseline without a gauge", """{ "gauges": { "Planted": { "distances": { "exact": 1 } }, "Gone": { "distances": { "exact": 1 } } } }""", [new("distances", ReadingGate.Exact, 1)]),
        ("an exact figure softened to a bound", """{ "gauges": { "Planted": { "distances": { "at_least": 1 } } } }""", [new("distances", ReadingGate.Exact, 1)]),
    ];

    /// <summary>Shows each fault to the gate.</summary>
    /// <returns>0 if all were rejected, else 1.</returns>
    public static int Run()
    {
        int accepted = Judge("a benchmark that allocates, with a baseline of 0 bytes", $$"""{ "gauges": { "{{Name}}": { "allocated_bytes": { "exact": 0 } } } }""", [.. Gauges.AllocationsIn([typeof(CanaryBenchmarks)])]);
        accepted += Judge("no gauge at all", """{ "gauges": { } }""", []);
        foreach ((string fault, string baselines, IReadOnlyList<Reading> readings) in Planted)
            accepted += Judge(fault, baselines, [new PlantedGauge(readings)]);

        // The other way round: a gate that rejects everything would pass all of the above.
        bool sound = BaselineGate.Compare([new PlantedGauge([new("distances", ReadingGate.Exact, 1)])], BaselineFile.Parse("""{ "gauges": { "Planted": { "distances": { "exact": 1 } } } }""")).All(verdict => verdict.Complaint is null);
        Console.WriteLine($"{(sound ? "accepted" : "REJECTED")}  a figure that is what it should be");
        int failed = accepted + (sound ? 0 : 1);
        Console.WriteLine(GateCommand.Count(Planted.Length + 3 - failed, failed));
        return failed == 0 ? 0 : 1;
    }

    private static int Judge(string fault, string baselines, IReadOnlyList<IGauge> gauges)
    {
        Verdict? rejected = BaselineGate.Compare(gauges, BaselineFile.Parse(baselines)).FirstOrDefault(verdict => verdict.Complaint is not null);
        Console.WriteLine(rejected is null ? $"ACCEPTED  {fault}" : $"rejected  {fault}: {rejected.Metric} {rejected.Complaint}");
        return rejected is null ? 1 : 0;
    }

    private sealed class PlantedGauge(IReadOnlyList<Reading> readings) : IGauge
    {
        public string Name => "Planted";

        public IReadOnlyList<Reading> Read() => readings;
    }
}
