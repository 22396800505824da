using System.Diagnostics;
using System.Globalization;
using Refrain.Redis;
using ScottPlot;

namespace Refrain.Benchmarks;

/// <summary>What hits and misses cost while Redis is well, killed, started again, stopped and let go on, and while its line is cut without a word: a row a phase, a point each 100 ms.</summary>
internal static class OutageTimeline
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly CacheScope Scope = CacheScope.Create("bench", ("model", "m"));

    public static async Task MeasureAsync(SuiteRun run, string? plot, TimeSpan phase, CancellationToken cancellation)
    {
        run.Say("an outage as a timeline");
        await using RedisProcess server = await RedisProcess.StartAsync();
        await using var line = new SilentLine(server.Endpoint);
        List<(double Second, string Phase, double Hit, double Miss)> steps = [];
        long start = Stopwatch.GetTimestamp();
        await PhasesAsync(
            run, server.Endpoint, phase, start, steps,
            [
                ("warming up", () => Task.CompletedTask), ("well", () => Task.CompletedTask), ("killed", server.KillAsync), ("started again", server.StartAgainAsync),
                ("stopped", () => server.SignalAsync("STOP")), ("going on", () => server.SignalAsync("CONT")),
            ],
            cancellation);
        await PhasesAsync(
            run, line.Endpoint, phase, start, steps,
            [
                ("warming up", () => Task.CompletedTask), ("well, over a line", () => Task.CompletedTask), ("cut", () => Task.Run(line.Cut, cancellation)),
                ("mended", () => Task.Run(line.Mend, cancellation)),
            ],
            cancellation);
        if (plot is null) return;
        Draw(plot, steps);
        await File.WriteAllLinesAsync(
            Path.ChangeExtension(plot, ".csv"),
            ["second,phase,slowest hit µs,slowest miss µs", .. steps.Select(static step => string.Create(CultureInfo.InvariantCulture, $"{step.Second:F1},\"{step.Phase}\",{step.Hit:F1},{step.Miss:F1}"))],
            cancellation);
    }

    private static async Task PhasesAsync(
        SuiteRun run, string endpoint, TimeSpan length, long start, List<(double, string, double, double)> steps, (string Name, Func<Task> Change)[] phases, CancellationToken cancellation)
    {
        await using RedisStore store = await RedisStore.ConnectAsync(new RedisStoreOptions { Connection = endpoint, KeyPrefix = "outage" }, cancellationToken: cancellation);
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: cancellation);
        await cache.SetAsync(new CacheQuery(Scope, "known"), new byte[512], null, cancellation);
        await cache.FlushAsync(cancellation);
        foreach ((string name, Func<Task> change) in phases)
        {
            await change();
            await PhaseAsync(run, cache, name, length, start, steps, cancellation);
            if (name is "started again" or "going on" or "mended") run.Add($"Redis {name}", "used again", store.IsReachable ? 1 : 0, "");
        }
    }

    private static async Task PhaseAsync(
        SuiteRun run, SemanticCache cache, string name, TimeSpan length, long start, List<(double, string, double, double)> steps, CancellationToken cancellation)
    {
        List<double> hits = [];
        List<double> misses = [];
        long begun = Stopwatch.GetTimestamp();
        int number = 0;
        while (Stopwatch.GetElapsedTime(begun) < length)
        {
            long step = Stopwatch.GetTimestamp();
            double slowestHit = 0;
            double slowestMiss = 0;
            while (Stopwatch.GetElapsedTime(step) < Step)
            {
                for (int i = 0; i < 100; i++)
                {
                    double hit = await TimeAsync(cache, "known", cancellation);
                    hits.Add(hit);
                    slowestHit = Math.Max(slowestHit, hit);
                }

                double miss = await TimeAsync(cache, $"{name} {number++}", cancellation);
                misses.Add(miss);
                slowestMiss = Math.Max(slowestMiss, miss);
                await Task.Delay(1, cancellation);
            }

            steps.Add((Stopwatch.GetElapsedTime(start).TotalSeconds, name, slowestHit, slowestMiss));
        }

        if (name == "warming up") return;
        Span<double> hitTimes = hits.ToArray();
        Span<double> missTimes = misses.ToArray();
        run.Add($"Redis {name}", "hit p50", Interleaved.Percentile(hitTimes, 0.5), "µs");
        run.Add($"Redis {name}", "hit p99", Interleaved.Percentile(hitTimes, 0.99), "µs");
        run.Add($"Redis {name}", "miss p50", Interleaved.Percentile(missTimes, 0.5), "µs");
        run.Add($"Redis {name}", "miss p99", Interleaved.Percentile(missTimes, 0.99), "µs");
        run.Add($"Redis {name}", "slowest miss", Interleaved.Percentile(missTimes, 1), "µs");
    }

    private static async ValueTask<double> TimeAsync(SemanticCache cache, string text, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        await cache.GetAsync(new CacheQuery(Scope, text), cancellation);
        return (Stopwatch.GetTimestamp() - start) * 1e6 / Stopwatch.Frequency;
    }

    private static void Draw(string path, List<(double Second, string Phase, double Hit, double Miss)> steps)
    {
        using var plot = new Plot();
        plot.Title("Slowest hit and miss each 100 ms");
        plot.XLabel("seconds");
        plot.YLabel("log₁₀ µs");
        plot.Add.Scatter(steps.ConvertAll(step => step.Second), steps.ConvertAll(step => Math.Log10(step.Hit))).LegendText = "hit";
        plot.Add.Scatter(steps.ConvertAll(step => step.Second), steps.ConvertAll(step => Math.Log10(step.Miss))).LegendText = "miss";
        string phase = "";
        foreach ((double second, string name, _, _) in steps)
        {
            if (name == phase) continue;
            phase = name;
            plot.Add.VerticalLine(second).LabelText = name;
        }

        plot.ShowLegend();
        plot.SaveSvg(path, 1_200, 500);
    }
}
