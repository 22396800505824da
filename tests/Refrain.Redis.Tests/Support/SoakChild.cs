using System.Diagnostics;
using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>
/// One of many processes over one Redis: asks, stores, removes and invalidates at random, and prints each step with its begin and end on the clock that all processes
/// of a machine share. An answer says which question it is of and when it began to be stored.
/// </summary>
internal static class SoakChild
{
    public const string Role = "soak";
    public const int KeyCount = 60;
    public const int TagCount = 5;

    private const string Tenant = "tenant";

    private static readonly CacheScope Scope = CacheScope.Create(Tenant, ("model", "m"));
    private static readonly EmbeddingSpace Space = new() { Model = "soak", Dimensions = 128, SimilarityThreshold = 0.9f };

    /// <summary>Works until told to stop, then says what it would answer as often as it is asked.</summary>
    /// <param name="arguments">Endpoint, key prefix, seed.</param>
    public static void Run(string[] arguments)
    {
        var options = new RedisStoreOptions { Connection = arguments[0], KeyPrefix = arguments[1], ReadTimeout = TimeSpan.FromMilliseconds(200) };
        var random = new Random(int.Parse(arguments[2]));
        RedisStore store = RedisStore.ConnectAsync(options).AsTask().GetAwaiter().GetResult();
        SemanticCache cache = SemanticCache.OpenAsync(
            new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(1), DrainTimeout = TimeSpan.FromMinutes(2) }, store,
            services: new SemanticCacheServices { EmbeddingSpace = Space }).AsTask().GetAwaiter().GetResult();
        Say("ready");
        using var input = new StreamReader(Console.OpenStandardInput());
        Task<string?> told = input.ReadLineAsync();
        while (!told.IsCompleted)
        {
            Step(cache, random);
            Thread.Sleep(random.Next(20));
        }

        cache.FlushAsync().AsTask().GetAwaiter().GetResult();
        for (string? line = told.GetAwaiter().GetResult(); line is not null; line = input.ReadLine())
        {
            if (line == "say") Say(Holdings(cache));
        }
    }

    private static void Step(SemanticCache cache, Random random)
    {
        int key = random.Next(KeyCount);
        switch (random.Next(100))
        {
            case < 15:
                long stored = Now();
                cache.SetAsync(Query(key), Encoding.UTF8.GetBytes($"{key} {stored}"), new CacheEntryOptions { Tags = [$"{key % TagCount}"] }).AsTask().GetAwaiter().GetResult();
                Say($"S {key} {stored} {Now()}");
                break;
            case < 18:
                long removing = Now();
                cache.RemoveAsync(Query(key)).AsTask().GetAwaiter().GetResult();
                if (IsFlushed(cache)) Say($"R {key} {removing} {Now()}");
                break;
            case 18:
                long invalidating = Now();
                cache.InvalidateTagAsync(Tenant, $"{key % TagCount}").AsTask().GetAwaiter().GetResult();
                if (IsFlushed(cache)) Say($"I {key % TagCount} {invalidating} {Now()}");
                break;
            case < 40:
                Ask(cache, key, Query(key, "asked in other words"));
                break;
            default:
                Ask(cache, key, Query(key) with { Policy = HitPolicy.ExactOnly });
                break;
        }
    }

    private static bool IsFlushed(SemanticCache cache)
    {
        try
        {
            cache.FlushAsync().AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static void Ask(SemanticCache cache, int key, CacheQuery query)
    {
        long begin = Now();
        CacheResult result = cache.GetAsync(query).AsTask().GetAwaiter().GetResult();
        if (result.IsHit) Say($"G {key} {begin} {Environment.ProcessId}:{result.Kind} {result.GetString()}");
    }

    private static string Holdings(SemanticCache cache)
    {
        var holdings = new StringBuilder("H");
        for (int key = 0; key < KeyCount; key++)
        {
            CacheResult result = cache.GetAsync(Query(key) with { Policy = HitPolicy.ExactOnly }).AsTask().GetAwaiter().GetResult();
            holdings.Append(' ').Append(result.IsHit ? result.GetString().Replace(' ', ':') : "-");
        }

        return holdings.ToString();
    }

    private static CacheQuery Query(int key, string? text = null)
    {
        var vector = new float[128];
        vector[key] = text is null ? 1 : 0.99f;
        vector[key + 64] = text is null ? 0 : 0.14f;
        return new CacheQuery(Scope, text ?? $"question {key}") { Embedding = vector, Policy = new HitPolicy { Guards = Guards.None } };
    }

    private static long Now() => Stopwatch.GetTimestamp();

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
