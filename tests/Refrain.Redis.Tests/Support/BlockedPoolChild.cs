namespace Refrain.Redis.Tests;

/// <summary>
/// A process with a thread pool of four threads that may not grow, over a Redis that hangs when it is told to go on: says whether a hundred calls that wait for Redis leave the
/// pool free, whether a hit needs the pool at all, and how many calls were answered in the end.
/// </summary>
internal static class BlockedPoolChild
{
    public const string Role = "pool";
    public const int CallCount = 100;

    private const int ThreadCount = 4;

    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);

    /// <summary>Runs it.</summary>
    /// <param name="arguments">Endpoint, key prefix.</param>
    public static void Run(string[] arguments)
    {
        RedisStoreOptions options = RedisFixture.OptionsFor(arguments[0]) with
        {
            KeyPrefix = arguments[1],
            ReadTimeout = LongEnough,
            WriteTimeout = LongEnough,
            BreakerFailureCount = 100_000,
        };
        RedisStore store = RedisStore.ConnectAsync(options).AsTask().GetAwaiter().GetResult();
        SemanticCache cache = SemanticCache.OpenAsync(new SemanticCacheOptions { DurableTimeout = LongEnough }, store).AsTask().GetAwaiter().GetResult();
        while (!RedisFixture.IsHealthy(cache)) Thread.Sleep(10);
        var known = new CacheQuery(CacheScope.Create("tenant", ("model", "m")), "known") { Policy = HitPolicy.ExactOnly };
        cache.SetAsync(known, new byte[8]).AsTask().GetAwaiter().GetResult();
        cache.FlushAsync().AsTask().GetAwaiter().GetResult();
        Say("ready");
        Console.In.ReadLine();

        ThreadPool.SetMinThreads(ThreadCount, ThreadCount);
        ThreadPool.SetMaxThreads(ThreadCount, ThreadCount);
        var calls = new Task[CallCount];
        for (int i = 0; i < CallCount; i++) calls[i] = i % 2 == 0 ? store.GetAsync(Entries.Key(i)).AsTask() : store.SetAsync([Entries.Of(i)]).AsTask();
        using var isFree = new ManualResetEventSlim();
        _ = Task.Run(isFree.Set);
        Say(isFree.Wait(LongEnough) ? "free" : "blocked");

        // Now the pool is blocked, by others: no thread of it is to be had.
        using var gate = new ManualResetEventSlim();
        using var free = new CountdownEvent(ThreadCount);
        for (int i = 0; i < ThreadCount; i++)
        {
            _ = Task.Run(() =>
            {
                free.Signal();
                gate.Wait();
            });
        }

        free.Wait();
        ValueTask<CacheResult> hit = cache.GetAsync(known);
        Say(hit.IsCompletedSuccessfully && hit.Result.Kind == HitKind.Exact ? "hit" : "no hit");
        gate.Set();

        Console.In.ReadLine();
        Task.WaitAll(calls);
        Say($"answered {CallCount}");
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
