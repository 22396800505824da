using System.Diagnostics;
using Refrain.Redis;
using Refrain.Sqlite;

namespace Refrain.Benchmarks;

/// <summary>How long a process takes from its start until its index holds all entries of its store.</summary>
internal static class WarmStart
{
    private const int Dimensions = 256;
    private static readonly EmbeddingSpace Space = new() { Model = "bench", Dimensions = Dimensions };
    private static readonly CacheScope Scope = CacheScope.Create("bench", ("model", "m"));

    public static async Task MeasureAsync(SuiteRun run, int count, CancellationToken cancellation)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("refrain-warm-");
        try
        {
            run.Say($"warm starts with {count:N0} entries of {Dimensions} numbers");
            await using (RedisProcess server = await RedisProcess.StartAsync())
            {
                await using RedisStore store = await RedisStore.ConnectAsync(RedisSuite.OptionsFor(server.Endpoint), cancellationToken: cancellation);
                await FillAsync(store, Path.Combine(directory.FullName, "redis"), count, cancellation);
                await StartAsync(run, "Redis", store, null, count, cancellation);
                await StartAsync(run, "its arena, over Redis", store, Path.Combine(directory.FullName, "redis"), count, cancellation);
            }

            await using SqliteStore embedded = await SqliteStore.OpenAsync(Path.Combine(directory.FullName, "store.db"), cancellationToken: cancellation);
            await FillAsync(embedded, Path.Combine(directory.FullName, "sqlite"), count, cancellation);
            await StartAsync(run, "SQLite", embedded, null, count, cancellation);
            await StartAsync(run, "its arena, over SQLite", embedded, Path.Combine(directory.FullName, "sqlite"), count, cancellation);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task FillAsync(IDurableStore store, string directory, int count, CancellationToken cancellation)
    {
        await using SemanticCache cache = await OpenAsync(store, directory, cancellation);
        var random = new Random(1);
        byte[] payload = new byte[512];
        for (int number = 0; number < count; number++)
        {
            var vector = new float[Dimensions];
            for (int i = 0; i < Dimensions; i++) vector[i] = random.NextSingle() - 0.5f;
            await cache.SetAsync(new CacheQuery(Scope, $"prompt number {number}") { Embedding = vector }, payload, null, cancellation);
            if (number % 1_000 == 999) await cache.FlushAsync(cancellation);
        }

        await cache.FlushAsync(cancellation);
    }

    private static async Task StartAsync(SuiteRun run, string source, IDurableStore store, string? directory, int count, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        await using SemanticCache cache = await OpenAsync(store, directory, cancellation);
        double opened = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        while (cache.GetStatistics().IndexedEntries < count)
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(5)) throw new TimeoutException($"After five minutes {cache.GetStatistics().IndexedEntries:N0} entries are indexed.");
            await Task.Delay(1, cancellation);
        }

        run.Add($"warm start, {count:N0} entries, from {source}", "serves after", opened, "ms");
        run.Add($"warm start, {count:N0} entries, from {source}", "complete after", Stopwatch.GetElapsedTime(start).TotalMilliseconds, "ms");
    }

    private static ValueTask<SemanticCache> OpenAsync(IDurableStore store, string? directory, CancellationToken cancellation) =>
        SemanticCache.OpenAsync(
            new SemanticCacheOptions { DataDirectory = directory, DrainTimeout = TimeSpan.FromMinutes(2) }, store,
            services: new SemanticCacheServices { EmbeddingSpace = Space }, cancellationToken: cancellation);
}
