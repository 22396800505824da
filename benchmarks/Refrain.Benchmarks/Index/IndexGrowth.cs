using System.Diagnostics;
using System.Globalization;
using Refrain.Vectors;
using ScottPlot;

namespace Refrain.Benchmarks;

/// <summary>What a search costs as the index grows. Every query is asked once, so that nothing of it is in a cache.</summary>
internal static class IndexGrowth
{
    private const int QueryCount = 2000;
    private const float Similarity = 0.95f;

    /// <summary>Of the search for a nearest that is far: what it takes grows with the index.</summary>
    private static readonly int[] Efforts = [128, 256, 512, 1024];

    public static void Measure(SuiteRun run, int countMax, int dimensions, CancellationToken cancellation)
    {
        var mimic = new EmbeddingMimic(dimensions, 0.02, 1);
        // One set for all sizes: what comes later makes clusters of its own, so that all are equally dense.
        VectorSet all = mimic.New(countMax);
        using VectorIndex index = VectorIndex.Create(new VectorIndexOptions { Dimensions = dimensions, Seed = 1 });
        int held = 0;
        List<(int Count, Dictionary<string, double> Medians)> points = [];
        foreach (int count in Sizes(countMax))
        {
            run.Say($"growth: {count:N0} vectors");
            mimic.Fill(all, held, count);
            long start = Stopwatch.GetTimestamp();
            int added = count - held;
            for (; held < count; held++)
            {
                index.Add(1, (UInt128)(uint)held, all[held]);
                if (held % 4096 == 0)
                    cancellation.ThrowIfCancellationRequested();
            }

            while (index.GetStatistics().UnlinkedCount > 0)
                cancellation.WaitHandle.WaitOne(10);
            run.Add($"n = {count:N0}", "inserts, linked", added / Stopwatch.GetElapsedTime(start).TotalSeconds, "1/s");
            Dictionary<string, double> medians = [];
            Ask(run, index, new IndexQueries(all.First(count), mimic), count, medians);
            points.Add((count, medians));
        }

        if (run.Text("--plot") is { } path)
            Draw(path, points);
    }

    private static IEnumerable<int> Sizes(int countMax)
    {
        for (int size = 1000; size <= countMax; size *= 10)
        {
            yield return size;
            if (size * 3L <= countMax)
                yield return size * 3;
        }
    }

    private static void Ask(SuiteRun run, VectorIndex index, IndexQueries about, int count, Dictionary<string, double> medians)
    {
        var random = new Random(count);
        VectorSet hits = about.Planted(QueryCount, i => 0.96 + (0.039 * i / QueryCount), count);
        VectorSet misses = about.Planted(QueryCount, _ => 0.5 + (0.4 * random.NextDouble()), count + 1);
        VectorSet some = misses.First(500);
        float[] truth = about.Truth(some);
        string name = $"n = {count:N0}";
        // Other queries first: a system may have taken away what was not touched while the graph grew.
        VectorSet others = about.Planted(QueryCount, i => 0.5 + (0.499 * i / QueryCount), count + 2);
        for (int i = 0; i < others.Count; i++)
            index.TryFind(1, others[i], Similarity, out _);
        run.Add(name, "memory a vector", (double)index.GetStatistics().MemorySize / count, "B");
        run.Add(name, "threshold hits found", Times(run, name, medians, "threshold hits", hits, (query, _) => index.TryFind(1, query, Similarity, out VectorMatch match)), "");
        Times(run, name, medians, "threshold misses", misses, (query, _) => index.TryFind(1, query, Similarity, out VectorMatch match));
        var nearest = new VectorMatch[1];
        Times(run, name, medians, "nearest, hits", hits, (query, _) => index.Find(1, query, nearest) == 1);
        foreach (int effort in Efforts)
        {
            string metric = $"nearest, misses, ef {effort}";
            double recall = Times(run, name, medians, metric, some, (query, i) => index.Find(1, query, nearest, efSearch: effort) == 1 && nearest[0].Similarity >= truth[i] - 2e-4f);
            run.Add(name, $"{metric}: recall", recall, "");
        }

        VectorIndexInspection inspection = index.Inspect(sampleCount: 1);
        if (inspection.HugePageSize >= 0)
            run.Add(name, "memory on huge pages", (double)inspection.HugePageSize / inspection.MappedSize, "");
    }

    /// <summary>Asks each query once, and adds the times.</summary>
    /// <returns>The share of queries for which the answer was true.</returns>
    private static double Times(SuiteRun run, string name, Dictionary<string, double> medians, string metric, VectorSet queries, Func<float[], int, bool> ask)
    {
        var times = new double[queries.Count];
        int found = 0;
        float[] query = new float[queries.Dimensions];
        for (int i = 0; i < times.Length; i++)
        {
            queries[i].CopyTo(query);
            long began = Stopwatch.GetTimestamp();
            found += ask(query, i) ? 1 : 0;
            times[i] = Interleaved.MicrosecondsSince(began);
        }

        double p50 = Interleaved.Percentile(times, 0.5), p99 = Interleaved.Percentile(times, 0.99);
        medians[metric] = p50;
        run.Add(name, $"{metric} p50", p50, "µs");
        run.Add(name, $"{metric} p99", p99, "µs");
        run.Say(string.Create(CultureInfo.InvariantCulture, $"{name}: {metric} p50 {p50:F1}, p99 {p99:F1} µs, true for {(double)found / times.Length:F4}"));
        return (double)found / times.Length;
    }

    private static void Draw(string path, List<(int Count, Dictionary<string, double> Medians)> points)
    {
        using var plot = new Plot();
        plot.Title("Median of a search as the index grows");
        plot.XLabel("log₁₀ vectors");
        plot.YLabel("log₁₀ µs");
        double[] counts = [.. points.Select(point => Math.Log10(point.Count))];
        foreach (string metric in points[0].Medians.Keys)
            plot.Add.Scatter(counts, points.Select(point => Math.Log10(point.Medians[metric])).ToArray()).LegendText = metric;
        plot.ShowLegend();
        plot.SaveSvg(path, 1_200, 500);
    }
}
