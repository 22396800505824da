using System.Diagnostics;
using Refrain.Redis;
using StackExchange.Redis;

namespace Refrain.Benchmarks;

/// <summary>
/// Durable hits, reads and writes of the store beside StackExchange.Redis alone, which moves as many bytes: as it comes, and with the settings that the store gives it.
/// </summary>
/// <remarks>
/// A read waits for other threads, and where the system puts those threads, and how deep a processor sleeps that has to be woken, is drawn anew with each connection: one takes 40 µs, the next
/// 90. So there are many sets of fresh connections; who connects first takes turns, and who is timed first; and a set's ratio is the median over rounds whose contenders ran one after another.
/// Before all this the compiler is given time: in its first seconds a process runs code that was compiled for any processor.
/// </remarks>
internal static class BareClient
{
    private const int ValueSize = 2_048;
    private const int OperationsARound = 50;
    private static readonly RedisKey BareKey = "bare";
    private static readonly byte[] BareValue = new byte[EntryEnvelope.HeadSize + ValueSize];
    private static readonly CacheQuery Query = new(CacheScope.Create("bench", ("model", "m")), "What is measured here?") { Policy = HitPolicy.ExactOnly };

    public static async Task MeasureAsync(SuiteRun run, string endpoint, int sets, int rounds, CancellationToken cancellation)
    {
        run.Say("hits and writes beside the bare client");
        await WarmUpAsync(endpoint, cancellation);
        List<double[][]> reads = [];
        List<double[][]> writes = [];
        for (int set = 0; set < sets; set++)
        {
            Contender[] contenders = await ConnectAsync(endpoint, first: set, cancellation);
            reads.Add(await TurnsAsync(rounds, [.. contenders.Select(static contender => contender.Read)]));
            writes.Add(await TurnsAsync(rounds, [.. contenders.Select(static contender => contender.Write).OfType<Func<Task>>()]));
            foreach (Contender contender in contenders) await contender.CloseAsync();
        }

        Compare(run, "durable hit, 2 KiB", "StringGetLeaseAsync", reads, ours: 0, bare: 2);
        Compare(run, "read of the store, 2 KiB", "StringGetLeaseAsync", reads, ours: 1, bare: 2);
        Compare(run, "write, 2 KiB", "StringSetAsync", writes, ours: 0, bare: 1);
    }

    private static async Task WarmUpAsync(string endpoint, CancellationToken cancellation)
    {
        Contender[] contenders = await ConnectAsync(endpoint, first: 0, cancellation);
        for (int round = 0; round < 24; round++)
        {
            await TurnsAsync(rounds: 4, [.. contenders.Select(static contender => contender.Read)]);
            await TurnsAsync(rounds: 4, [.. contenders.Select(static contender => contender.Write).OfType<Func<Task>>()]);
            await Task.Delay(200, cancellation);
        }

        foreach (Contender contender in contenders) await contender.CloseAsync();
    }

    /// <returns>A cache over a store, a store, a bare client, a bare client with the store's settings.</returns>
    private static async Task<Contender[]> ConnectAsync(string endpoint, int first, CancellationToken cancellation)
    {
        RedisStoreOptions options = RedisSuite.OptionsFor(endpoint) with { KeyPrefix = "read" };
        Func<Task<Contender>>[] connects =
        [
            () => OpenCacheAsync(options with { KeyPrefix = "hit" }, cancellation), () => ConnectStoreAsync(options, cancellation),
            () => ConnectBareAsync(ConfigurationOptions.Parse(endpoint)), () => ConnectBareAsync(RedisConnection.Configure(options)),
        ];
        var contenders = new Contender[connects.Length];
        for (int i = 0; i < connects.Length; i++)
        {
            int next = (first + i) % connects.Length;
            contenders[next] = await connects[next]();
        }

        return contenders;
    }

    private static async Task<Contender> OpenCacheAsync(RedisStoreOptions options, CancellationToken cancellation)
    {
        RedisStore store = await RedisStore.ConnectAsync(options, cancellationToken: cancellation);
        SemanticCache cache = await SemanticCache.OpenAsync(
            new SemanticCacheOptions { ExactBytesMax = 0, DurableTimeout = TimeSpan.FromSeconds(5) }, store, cancellationToken: cancellation);
        await cache.SetAsync(Query, new byte[ValueSize], null, cancellation);
        await cache.FlushAsync(cancellation);
        return new Contender(
            async () =>
            {
                if ((await cache.GetAsync(Query, cancellation)).Kind != HitKind.Durable) throw new InvalidOperationException("Every lookup has to be a durable hit.");
            },
            Write: null,
            async () =>
            {
                await cache.DisposeAsync();
                await store.DisposeAsync();
            });
    }

    private static async Task<Contender> ConnectStoreAsync(RedisStoreOptions options, CancellationToken cancellation)
    {
        RedisStore store = await RedisStore.ConnectAsync(options, cancellationToken: cancellation);
        await store.GetSeedAsync(cancellation);
        StoredEntry[] one = [RedisSuite.EntryOf(1)];
        await store.SetAsync(one, cancellation);
        return new Contender(
            async () =>
            {
                if (await store.GetAsync(one[0].Key, cancellation) is null) throw new InvalidOperationException("The entry is gone.");
            },
            async () => await store.SetAsync(one, cancellation),
            async () => await store.DisposeAsync());
    }

    private static async Task<Contender> ConnectBareAsync(ConfigurationOptions configuration)
    {
        ConnectionMultiplexer bare = await ConnectionMultiplexer.ConnectAsync(configuration);
        IDatabase database = bare.GetDatabase();
        await database.StringSetAsync(BareKey, BareValue);
        return new Contender(
            async () =>
            {
                using Lease<byte>? lease = await database.StringGetLeaseAsync(BareKey);
                if (lease is null) throw new InvalidOperationException("The value is gone.");
            },
            async () => await database.StringSetAsync(BareKey, BareValue, TimeSpan.FromHours(1)),
            async () => await bare.DisposeAsync());
    }

    /// <returns>Microseconds of each operation: contender by contender, a round's operations side by side.</returns>
    private static async Task<double[][]> TurnsAsync(int rounds, Func<Task>[] contenders)
    {
        double[][] samples = [.. contenders.Select(_ => new double[rounds * OperationsARound])];
        for (int round = -2; round < rounds; round++)
        {
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int contender = (turn + round + contenders.Length) % contenders.Length;
                for (int operation = 0; operation < OperationsARound; operation++)
                {
                    long start = Stopwatch.GetTimestamp();
                    await contenders[contender]();
                    if (round >= 0) samples[contender][round * OperationsARound + operation] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                }
            }
        }

        return samples;
    }

    /// <param name="run">Where the rows go.</param>
    /// <param name="case">What was measured.</param>
    /// <param name="command">What the bare client did.</param>
    /// <param name="sets">Set by set, the times of all contenders.</param>
    /// <param name="ours">Number of our contender.</param>
    /// <param name="bare">Number of the bare client as it comes; the next one has our settings.</param>
    private static void Compare(SuiteRun run, string @case, string command, List<double[][]> sets, int ours, int bare)
    {
        foreach ((int peer, string name) in new[] { (bare, command), (bare + 1, $"{command}, our settings") })
        {
            foreach ((string metric, double fraction) in new[] { ("p50", 0.5), ("p99", 0.99) })
            {
                double time = Interleaved.Percentile([.. sets.SelectMany(set => set[ours])], fraction);
                run.Add(@case, metric, time, "µs", name, Interleaved.Percentile([.. sets.SelectMany(set => set[peer])], fraction) / time);
            }

            double[] times = [.. sets.Select(set => MedianRatio(set[ours], set[peer]))];
            foreach ((string metric, double fraction) in new[] { ("median", 0.5), ("least", 1e-9), ("greatest", 1) })
                run.Add($"{@case}: p50 over that of {name}", $"{metric} of {sets.Count} sets", Interleaved.Percentile(times, fraction), "×");
        }
    }

    /// <summary>Our median over the peer's, round by round; of these the median.</summary>
    private static double MedianRatio(double[] ours, double[] theirs)
    {
        double[] ratios = [.. ours.Chunk(OperationsARound).Zip(
            theirs.Chunk(OperationsARound), static (own, other) => Interleaved.Percentile(own, 0.5) / Interleaved.Percentile(other, 0.5))];
        return Interleaved.Percentile(ratios, 0.5);
    }

    /// <summary>Something with a connection of its own.</summary>
    /// <param name="Read">Reads once.</param>
    /// <param name="Write">Writes once; null where nothing is to be written.</param>
    /// <param name="CloseAsync">Ends the connection.</param>
    private sealed record Contender(Func<Task> Read, Func<Task>? Write, Func<Task> CloseAsync);
}
