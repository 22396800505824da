using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Refrain.Sqlite;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>The whole path beside its parts: what the engine adds to the index alone, to a raw read of the store, and what a stampede costs.</summary>
internal sealed class PathSuite : ISuite
{
    private const int Dimensions = 256;
    private const int PayloadSize = 2_048;
    private const int Seed = 20_251_122;

    public string Name => "path";

    public string Summary => "Exact, durable and semantic hits and misses through SemanticCache, beside the index and the store alone; a stampede.";

    public IReadOnlyList<SuiteOption> Options { get; } = [new("--n", "NUMBER", "Entries behind the semantic hit; default 100,000, or 10,000 with --quick.")];

    public async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        await SemanticAsync(run, run.Number("--n", run.Quick ? 10_000 : 100_000));
        await DurableAsync(run, run.Quick ? 200 : 1_000);
        await StampedeAsync(run);
        return 0;
    }

    private static async Task SemanticAsync(SuiteRun run, int count)
    {
        run.Say($"semantic hit and miss, {count} entries of {Dimensions} dimensions");
        await using var store = new MemoryStore();
        var space = new EmbeddingSpace { Model = "benchmark", Dimensions = Dimensions, SimilarityThreshold = 0.95f };
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { ExactBytesMax = 4L << 30 }, store, services: new SemanticCacheServices { EmbeddingSpace = space });
        CacheScope scope = CacheScope.Create("benchmark", ("model", "m-1"));
        using var index = VectorIndex.Create(new VectorIndexOptions { Dimensions = Dimensions });
        var random = new Random(Seed);
        var near = new CacheQuery[256];
        var far = new CacheQuery[256];
        var noGuards = new HitPolicy { Guards = Guards.None };
        byte[] payload = new byte[PayloadSize];
        for (int i = 0; i < count; i++)
        {
            float[] vector = Vector(random);
            CacheQuery query = new(scope, $"What is the answer to question number {i}, in one sentence?") { Embedding = vector };
            await cache.SetAsync(query, payload);
            index.Add(1, cache.KeyOf(query).Digest, vector);
            if (i < near.Length)
                near[i] = new(scope, $"Say in one sentence the answer to question number {i}.") { Embedding = Nudge(vector, random), Policy = noGuards };
            if (i < far.Length)
                far[i] = new(scope, $"Something that nobody asked, number {i}.") { Embedding = Vector(random), Policy = noGuards };
        }

        await cache.FlushAsync();
        await RestAsync();
        int at = 0;
        double[] times = await QuietestAsync(
            run.Quick ? 40 : 100,
            256,
            count => Repeat(count, () => Demand(cache.GetAsync(near[at++ & 255]), HitKind.Semantic)),
            count => Repeat(count, () => index.TryFind(1, near[at++ & 255].Embedding.Span, 0.95f, out _)),
            count => Repeat(count, () => Demand(cache.GetAsync(far[at++ & 255]), HitKind.None)),
            count => Repeat(count, () => index.TryFind(1, far[at++ & 255].Embedding.Span, 0.95f, out _)));
        run.Add($"semantic hit, {count} entries, embedding given", "time", times[0] / 1_000, "µs", "index alone", times[1] / times[0]);
        run.Add($"miss, {count} entries, embedding given", "time", times[2] / 1_000, "µs", "index alone", times[3] / times[2]);
        run.Add($"semantic hit, {count} entries, embedding given", "allocated", AllocatedBy(() => Demand(cache.GetAsync(near[at++ & 255]), HitKind.Semantic)), "B");
    }

    private static async Task DurableAsync(SuiteRun run, int count)
    {
        run.Say("durable hit, SQLite");
        string directory = Directory.CreateTempSubdirectory("refrain-bench-").FullName;
        try
        {
            await using SqliteStore store = await SqliteStore.OpenAsync(Path.Combine(directory, "cache.db"));
            await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { ExactBytesMax = 0 }, store);
            CacheScope scope = CacheScope.Create("benchmark", ("model", "m-1"));
            CacheQuery[] queries = [.. Enumerable.Range(0, count).Select(i => new CacheQuery(scope, $"What is the answer to question number {i}, in one sentence?"))];
            foreach (CacheQuery query in queries)
                await cache.SetAsync(query, new byte[PayloadSize]);
            await cache.FlushAsync();
            await using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "cache.db")};Mode=ReadOnly");
            await connection.OpenAsync();
            await using SqliteCommand select = connection.CreateCommand();
            select.CommandText = "SELECT value, expires, created FROM entries WHERE key = $key";
            SqliteParameter address = select.Parameters.Add("$key", SqliteType.Blob);
            await select.PrepareAsync();
            Func<Task>[] contenders =
            [
                async () =>
                {
                    foreach (CacheQuery query in queries)
                    {
                        if ((await cache.GetAsync(query)).Kind != HitKind.Durable)
                            throw new InvalidOperationException("Every lookup has to be a durable hit.");
                    }
                },
                async () =>
                {
                    foreach (CacheQuery query in queries)
                    {
                        if (await store.GetAsync(cache.KeyOf(query)) is null)
                            throw new InvalidOperationException("Every entry has to be there.");
                    }
                },
                () =>
                {
                    foreach (CacheQuery query in queries)
                        Select(select, address, cache.KeyOf(query));
                    return Task.CompletedTask;
                },
            ];
            double[] least = await QuietestAsync(run.Quick ? 40 : 100, contenders);
            (double ours, double raw, double bare) = (least[0] / 1_000 / count, least[1] / 1_000 / count, least[2] / 1_000 / count);
            run.Add("durable hit, SQLite", "time", ours, "µs", "the same SELECT, by Microsoft.Data.Sqlite alone", bare / ours);
            run.Add("read of the store, SQLite", "time", raw, "µs", "the same SELECT, by Microsoft.Data.Sqlite alone", bare / raw);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Select(SqliteCommand select, SqliteParameter address, CacheKey key)
    {
        address.Value = SqliteKeys.Of(key);
        using SqliteDataReader row = select.ExecuteReader();
        if (!row.Read() || row.GetFieldValue<byte[]>(0).Length == 0 || row.GetInt64(1) <= row.GetInt64(2))
            throw new InvalidOperationException("Every entry has to be there.");
    }

    private static async Task StampedeAsync(SuiteRun run)
    {
        await using var store = new MemoryStore();
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store);
        CacheQuery query = new(CacheScope.Create("benchmark"), "What does everybody ask at once?");
        int calls = 0;
        Task[] callers = [.. Enumerable.Range(0, 1_000).Select(_ => cache.GetOrCreateAsync(query, async token =>
        {
            Interlocked.Increment(ref calls);
            await Task.Delay(50, token);
            return new CacheAnswer(new byte[PayloadSize]);
        }).AsTask())];
        await Task.WhenAll(callers);
        run.Add("stampede of 1,000 callers", "upstream calls", calls, "calls");
    }

    private static void Demand(ValueTask<CacheResult> lookup, HitKind kind)
    {
        if (!lookup.IsCompletedSuccessfully || lookup.GetAwaiter().GetResult().Kind != kind)
            throw new InvalidOperationException($"The suite measures the wrong thing: not {kind}.");
    }

    /// <summary>Waits until nothing works behind the callers any more, such as the linking of an index.</summary>
    private static async Task RestAsync()
    {
        TimeSpan period = TimeSpan.FromMilliseconds(200);
        TimeSpan before;
        do
        {
            before = Environment.CpuUsage.TotalTime;
            await Task.Delay(period);
        }
        while (Environment.CpuUsage.TotalTime - before > period / 20);
    }

    /// <summary>Bytes that an action allocates each time, once it has run.</summary>
    private static double AllocatedBy(Action action)
    {
        const int Count = 1_000;
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(Count, action);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Count;
    }

    private static void Repeat(int count, Action action)
    {
        for (int i = 0; i < count; i++)
            action();
    }

    private static Task<double[]> QuietestAsync(int rounds, int operations, params Action<int>[] contenders) =>
        DividedAsync(
            QuietestAsync(
                rounds,
                [.. contenders.Select(contender => (Func<Task>)(() =>
                {
                    contender(operations);
                    return Task.CompletedTask;
                }))]),
            operations);

    private static async Task<double[]> DividedAsync(Task<double[]> times, int operations) => [.. (await times).Select(time => time / operations)];

    /// <summary>
    /// The least that each contender took in any round, in nanoseconds, the contenders taking turns. Each runs once more before it is timed: what it finds in the processor's caches is what it left
    /// there itself, and not what the one before it had brought for both.
    /// </summary>
    private static async Task<double[]> QuietestAsync(int rounds, Func<Task>[] contenders)
    {
        // Long enough for the tiers of the compiler, which work in the background and may have to wait for a processor.
        for (int round = 0; round < 24; round++)
        {
            foreach (Func<Task> contender in contenders)
                await contender();
            await Task.Delay(120);
        }

        double[] least = new double[contenders.Length];
        least.AsSpan().Fill(double.MaxValue);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                await contenders[i]();
                long started = Stopwatch.GetTimestamp();
                await contenders[i]();
                least[i] = Math.Min(least[i], Stopwatch.GetElapsedTime(started).TotalNanoseconds);
            }
        }

        return least;
    }

    private static float[] Vector(Random random) => [.. Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() - 0.5))];

    private static float[] Nudge(float[] vector, Random random) => [.. vector.Select(number => number + (0.05f * (float)(random.NextDouble() - 0.5)))];
}
