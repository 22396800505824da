using System.Diagnostics;

namespace Refrain.Benchmarks;

/// <summary>
/// Hits while one operation in twenty is a write, beside hits while nothing is written: what a reader sees of the writes, and what all operations together cost,
/// each contender beside itself.
/// </summary>
internal static class WriteMix
{
    /// <summary>Lookups between two writes.</summary>
    private const int RunLength = 19;

    internal static async Task RunAsync(SuiteRun run, int threads, CancellationToken cancellation)
    {
        string name = $"5 % writes, {threads} threads, 256 characters, 2048 bytes";
        run.Say(name);
        await using Contenders contenders = await Contenders.CreateAsync(1_024, 256, 2_048);
        Contender[] all = contenders.All();
        double[] warm = new double[100];
        await ExactSuite.WarmUpAsync([.. all.SelectMany(contender => new Action<int>[]
        {
            _ => contenders.Churn(contender, isWriting: true, warm, RunLength), _ => contenders.Churn(contender, isWriting: false, warm, RunLength),
        })]);
        int runCount = run.Quick ? 2_000 : 5_000;
        int rounds = run.Quick ? 10 : 20;
        foreach (Contender contender in all)
        {
            Share hits = new(), whole = new(), worst = new();
            for (int round = 0; round < rounds; round++)
            {
                Measure(contenders, contender, isWriting: false, threads, runCount, out double median, out double slow, out double each);
                (hits.Without, worst.Without, whole.Without) = (Math.Min(hits.Without, median), Math.Min(worst.Without, slow), Math.Min(whole.Without, each));
                Measure(contenders, contender, isWriting: true, threads, runCount, out median, out slow, out each);
                (hits.With, worst.With, whole.With) = (Math.Min(hits.With, median), Math.Min(worst.With, slow), Math.Min(whole.With, each));

                // What waits to be written must not be measured as the next contender's.
                await contenders.Cache.FlushAsync(cancellation);
            }

            Add(run, name, contender.Name, "a hit, p50", hits);
            Add(run, name, contender.Name, "a hit, p99", worst);
            Add(run, name, contender.Name, "all operations, mean", whole);
        }
    }

    private static void Add(SuiteRun run, string name, string contender, string metric, Share share) =>
        run.Add($"{name}: {contender}", metric, share.With, "ns", "itself, read-only", share.With / share.Without);

    private static void Measure(Contenders contenders, Contender contender, bool isWriting, int threads, int runCount, out double median, out double slow, out double each)
    {
        double[][] runs = [.. Enumerable.Range(0, threads).Select(_ => new double[runCount])];
        long started = Stopwatch.GetTimestamp();
        Thread[] working = [.. runs.Select(own => new Thread(() => contenders.Churn(contender, isWriting, own, RunLength)))];
        Array.ForEach(working, static thread => thread.Start());
        Array.ForEach(working, static thread => thread.Join());
        each = Stopwatch.GetElapsedTime(started).TotalNanoseconds / (runCount * (RunLength + (isWriting ? 1 : 0)));
        double[] samples = [.. runs.SelectMany(static own => own)];
        median = Interleaved.Percentile(samples, 0.50);
        slow = Interleaved.Percentile(samples, 0.99);
    }

    /// <summary>The least that any round took, with writes and without.</summary>
    private sealed class Share
    {
        internal double With { get; set; } = double.MaxValue;

        internal double Without { get; set; } = double.MaxValue;
    }
}
