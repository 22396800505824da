using System.Diagnostics;
using Refrain.Redis;

namespace Refrain.Benchmarks;

/// <summary>The durable tier over Redis beside StackExchange.Redis alone, how soon processes agree, warm starts, and what an outage costs.</summary>
internal sealed class RedisSuite : ISuite
{
    private const int ValueSize = 2_048;

    public string Name => "redis";

    public string Summary => "Redis: hits and writes beside the bare client, convergence, warm starts, an outage as a timeline. Starts a redis-server of its own.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--part", "NAME", $"Only one part of: {string.Join(", ", Parts)}."),
        new("--full", null, "A hundred thousand entries for warm starts and refills, and longer runs."),
        new("--plot", "FILE", "The timeline of the outage as an SVG picture, and beside it a table (.csv) with a row each 100 ms."),
    ];

    private static string[] Parts { get; } = ["hits", "refill", "convergence", "warm", "outage"];

    public async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        bool isFull = run.Has("--full");
        string? only = run.Text("--part");
        if (only is not null && !Parts.Contains(only, StringComparer.Ordinal))
            throw new UsageException($"--part wants one of {string.Join(", ", Parts)}, not '{only}'.");
        await using (RedisProcess server = await RedisProcess.StartAsync())
        {
            if (only is null or "hits") await BareClient.MeasureAsync(run, server.Endpoint, sets: run.Quick ? 6 : 15, rounds: run.Quick ? 11 : 31, cancellation);
            if (only is null or "refill") await MeasureRefillAsync(run, server.Endpoint, isFull ? 100_000 : 10_000, cancellation);
            if (only is null or "convergence") await MeasureLagAsync(run, server.Endpoint, writes: run.Quick ? 1_000 : 5_000, cancellation);
        }

        if (only is null or "warm") await WarmStart.MeasureAsync(run, isFull ? 100_000 : run.Quick ? 2_000 : 10_000, cancellation);
        if (only is null or "outage") await OutageTimeline.MeasureAsync(run, run.Text("--plot"), TimeSpan.FromSeconds(run.Quick ? 1 : 3), cancellation);
        return 0;
    }

    /// <summary>Options whose budgets a busy machine keeps: what is measured is the time, not the deadline.</summary>
    internal static RedisStoreOptions OptionsFor(string endpoint) => new()
    {
        Connection = endpoint,
        ReadTimeout = TimeSpan.FromSeconds(5),
        WriteTimeout = TimeSpan.FromSeconds(10),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        EnumerationRateMax = int.MaxValue,
    };

    private static async Task MeasureRefillAsync(SuiteRun run, string endpoint, int count, CancellationToken cancellation)
    {
        run.Say($"refilling with {count:N0} entries");
        await using RedisStore store = await RedisStore.ConnectAsync(OptionsFor(endpoint) with { KeyPrefix = "refill" }, cancellationToken: cancellation);
        await store.GetSeedAsync(cancellation);
        long start = Stopwatch.GetTimestamp();
        foreach (int[] batch in Enumerable.Range(0, count).Chunk(256)) await store.SetAsync([.. batch.Select(EntryOf)], cancellation);
        run.Add($"refill, {count:N0} entries of 2 KiB", "rate", count / Stopwatch.GetElapsedTime(start).TotalSeconds, "entries/s");

        start = Stopwatch.GetTimestamp();
        int read = await store.EnumerateAsync(cancellation).CountAsync(cancellation);
        run.Add($"enumeration, {read:N0} entries of 2 KiB", "rate", read / Stopwatch.GetElapsedTime(start).TotalSeconds, "entries/s");
    }

    /// <summary>Two stores with connections of their own, in one process: so one clock times both ends.</summary>
    private static async Task MeasureLagAsync(SuiteRun run, string endpoint, int writes, CancellationToken cancellation)
    {
        run.Say("how soon another store learns of a write");
        RedisStoreOptions options = OptionsFor(endpoint) with { KeyPrefix = "lag" };
        await using RedisStore writer = await RedisStore.ConnectAsync(options, cancellationToken: cancellation);
        await using RedisStore reader = await RedisStore.ConnectAsync(options, cancellationToken: cancellation);
        await writer.GetSeedAsync(cancellation);
        await reader.GetSeedAsync(cancellation);
        var sent = new long[writes];
        var lags = new double[writes];
        int arrived = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var isFollowing = new TaskCompletionSource();
        Task following = Task.Run(
            async () =>
            {
                await foreach (StoreChange change in reader.WatchAsync(stop.Token))
                {
                    isFollowing.TrySetResult();
                    if (change.Kind != StoreChangeKind.Stored) continue;
                    int number = (int)change.Entry.Key.Digest;
                    lags[number] = Stopwatch.GetElapsedTime(Volatile.Read(ref sent[number])).TotalMilliseconds;
                    if (++arrived == writes) return;
                }
            },
            cancellation);
        await isFollowing.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);

        long start = Stopwatch.GetTimestamp();
        for (int number = 0; number < writes; number++)
        {
            TimeSpan ahead = TimeSpan.FromMilliseconds(2 * number) - Stopwatch.GetElapsedTime(start);
            if (ahead > TimeSpan.FromMilliseconds(1)) await Task.Delay(ahead, cancellation);
            Volatile.Write(ref sent[number], Stopwatch.GetTimestamp());
            await writer.SetAsync([EntryOf(number)], cancellation);
        }

        await following.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
        await stop.CancelAsync();
        run.Add($"convergence, {writes:N0} writes at up to 500/s", "p50", Interleaved.Percentile(lags, 0.5), "ms");
        run.Add($"convergence, {writes:N0} writes at up to 500/s", "p99", Interleaved.Percentile(lags, 0.99), "ms");
        run.Add($"convergence, {writes:N0} writes at up to 500/s", "lost", writes - arrived, "");
    }

    internal static StoredEntry EntryOf(int number)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new StoredEntry(new CacheKey((UInt128)(number % 1_000), (UInt128)number), new byte[ValueSize], now.AddHours(1), now);
    }
}
