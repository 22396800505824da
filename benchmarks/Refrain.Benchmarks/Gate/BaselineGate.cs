namespace Refrain.Benchmarks;

/// <summary>Compares gauges with baselines, both ways.</summary>
internal static class BaselineGate
{
    /// <summary>One verdict for each figure, each figure without a baseline, and each baseline without a figure.</summary>
    public static IReadOnlyList<Verdict> Compare(IReadOnlyList<IGauge> gauges, BaselineFile baselines)
    {
        if (gauges.Count == 0)
            return [new("-", "-", null, "there is no gauge at all: a gate that reads nothing passes everything")];
        List<Verdict> verdicts = [];
        foreach (IGauge gauge in gauges)
            verdicts.AddRange(Compare(gauge, baselines.Find(gauge.Name)));
        HashSet<string> known = [.. gauges.Select(gauge => gauge.Name)];
        verdicts.AddRange(baselines.Names.Where(name => !known.Contains(name)).Select(name => new Verdict(name, "-", null, "has a baseline, but no gauge of that name exists")));
        return verdicts;
    }

    private static IEnumerable<Verdict> Compare(IGauge gauge, IReadOnlyDictionary<string, Baseline>? baselines)
    {
        IReadOnlyList<Reading> readings;
        try
        {
            readings = gauge.Read();
        }
        catch (Exception failure)
        {
            // Whatever goes wrong in one gauge is its verdict, so that the others are still read.
            return [new(gauge.Name, "-", null, $"cannot be read: {failure}")];
        }

        if (baselines is null)
            return readings.Select(reading => new Verdict(gauge.Name, reading.Metric, reading.Value, "has no baseline; -- gate --update writes one"));
        return readings.Select(reading => new Verdict(gauge.Name, reading.Metric, reading.Value, Complaint(reading, baselines)))
            .Concat(baselines.Keys.Except(readings.Select(reading => reading.Metric)).Select(metric => new Verdict(gauge.Name, metric, null, "has a baseline, but the gauge no longer reads it")));
    }

    private static string? Complaint(Reading reading, IReadOnlyDictionary<string, Baseline> baselines)
    {
        if (!baselines.TryGetValue(reading.Metric, out Baseline baseline))
            return "has no baseline; -- gate --update writes one";
        if (baseline.Gate != reading.Gate)
            return $"is gated '{reading.Gate}', but its baseline says '{baseline.Gate}'";
        return baseline.Allows(reading.Value) ? null : $"must be {baseline}";
    }
}
