using System.Diagnostics;
using System.IO.Hashing;

namespace Refrain.Benchmarks;

/// <summary>The exact tier beside the caches that .NET has, all doing the same job: a prompt as a string in, the answer's bytes out.</summary>
internal sealed class ExactSuite : ISuite
{
    public string Name => "exact";

    public string Summary => "Exact hits and eviction, beside ConcurrentDictionary, BitFaster, MemoryCache, FusionCache and HybridCache.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--part", "NAME", $"Only one part of: {string.Join(", ", Parts)}."),
        new("--churn", "NUMBER", "Operations of the memory churn; default 2,000,000, or 200,000 with --quick."),
        new("--soak", "TIME", "Only a soak of this time, such as 10m: all operations at once against an oracle, and nothing wrong."),
    ];

    private static string[] Parts { get; } = ["hits", "writes", "eviction", "churn"];

    public async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        if (run.Text("--soak") is { } duration)
            return await Soak.RunAsync(run, Soak.Parse(duration), cancellation) ? 0 : 1;
        string? only = run.Text("--part");
        if (only is not null && !Parts.Contains(only, StringComparer.Ordinal))
            throw new UsageException($"--part wants one of {string.Join(", ", Parts)}, not '{only}'.");
        if (only is null or "hits")
            await LookUpAllAsync(run);
        if (only is null or "writes")
        {
            foreach (int threads in run.Quick ? [2] : new[] { 1, 2, 4 })
                await WriteMix.RunAsync(run, threads, cancellation);
        }

        if (only is null or "eviction")
            EvictionTraces.Run(run);
        if (only is null or "churn")
            MemoryChurn.Run(run, run.Number("--churn", run.Quick ? 200_000 : 2_000_000));
        return 0;
    }

    private static async Task LookUpAllAsync(SuiteRun run)
    {
        foreach (int length in new[] { 64, 256, 1_024, 16_384 })
            await LookUpAsync(run, length, payloadSize: 2_048);
        if (!run.Quick)
        {
            await LookUpAsync(run, 256, payloadSize: 256);
            await LookUpAsync(run, 256, payloadSize: 32_768);
        }

        HashFloor(run);
    }

    private static async Task LookUpAsync(SuiteRun run, int length, int payloadSize)
    {
        string name = $"hit, {length} characters, {payloadSize} bytes";
        run.Say(name);
        await using Contenders contenders = await Contenders.CreateAsync(CountFor(length), length, payloadSize);
        Contender[] all = [.. contenders.All(), contenders.Copying()];
        Action<int>[] lookUps = [.. all.Select(contender => (Action<int>)(count => contenders.Run(contender, count)))];
        await WarmUpAsync(lookUps);
        int operations = (run.Quick ? 400_000 : 1_000_000) / Math.Max(8, length / 8);
        double[] nanoseconds = Quietest(run.Quick ? 60 : 200, operations, lookUps);
        run.Add(name, "time", nanoseconds[0], "ns");
        for (int i = 1; i < all.Length; i++)
            run.Add(name, "time", nanoseconds[0], "ns", all[i].Name, nanoseconds[i] / nanoseconds[0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (string prompt in contenders.Asked)
            contenders.LookUpOurs(prompt);
        run.Add(name, "allocated", (GC.GetAllocatedBytesForCurrentThread() - before) / (double)contenders.Asked.Length, "B");
    }

    /// <summary>As many prompts as make a mebi of characters, but enough of them that no branch is learned by heart.</summary>
    private static int CountFor(int length) => Math.Clamp((1 << 20) / length, 64, 1_024);

    /// <summary>
    /// The least time an operation took in any round, the contenders taking turns: on a machine that others use as well, the median measures them. Every contender
    /// has the same chances of a quiet round.
    /// </summary>
    private static double[] Quietest(int rounds, int operations, Action<int>[] contenders)
    {
        double[] least = [.. contenders.Select(static _ => double.MaxValue)];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                long started = Stopwatch.GetTimestamp();
                contenders[i](operations);
                least[i] = Math.Min(least[i], Stopwatch.GetElapsedTime(started).TotalNanoseconds / operations);
            }
        }

        return least;
    }

    internal static async Task WarmUpAsync(Action<int>[] contenders)
    {
        // Long enough for the tiers of the compiler, which work in the background and may have to wait for a processor.
        for (int round = 0; round < 24; round++)
        {
            foreach (Action<int> contender in contenders)
                contender(2_000);
            await Task.Delay(120);
        }
    }

    /// <summary>What a lookup of a long prompt cannot do without: hashing its bytes and comparing them.</summary>
    private static void HashFloor(SuiteRun run)
    {
        const int Length = 16_384;
        byte[][] asked = [.. Enumerable.Range(0, CountFor(Length)).Select(static i => Enumerable.Repeat((byte)i, Length).ToArray())];
        byte[][] stored = [.. asked.Select(static bytes => (byte[])[.. bytes])];
        long sum = 0;
        int at = 0;
        double[] floor = Quietest(
            100,
            1_000,
            [count =>
            {
                for (int i = 0; i < count; i++)
                {
                    at = (at + 1) % asked.Length;
                    sum += (long)XxHash128.HashToUInt128(asked[at], i) + (asked[at].AsSpan().SequenceEqual(stored[at]) ? 1 : 0);
                }
            }]);
        SuiteRow? ours = run.Rows.FirstOrDefault(static row => row.Case.StartsWith("hit, 16384", StringComparison.Ordinal) && row.Metric == "time");
        if (ours is not null && sum != 0)
            run.Add("hit, 16384 characters", "time", ours.Value, "ns", "XxHash128 and compare alone", floor[0] / ours.Value);
    }
}
