namespace Refrain.Redis.Tests;

/// <summary>Several caches, as in several processes, over one Redis.</summary>
public sealed class ConvergenceTests(RedisFixture redis)
{
    private static readonly CacheScope Scope = CacheScope.Create("tenant", ("model", "m"));
    private static readonly EmbeddingSpace Space = new() { Model = "test", Dimensions = 64, SimilarityThreshold = 0.9f };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_process_stores_another_finds_by_meaning()
    {
        RedisStoreOptions options = redis.Options();
        await using Peer one = await Peer.OpenAsync(options);
        await using Peer other = await Peer.OpenAsync(options);

        await one.SetAsync("what is a refrain", "a line that comes again", Vector(1));
        await RedisFixture.WaitUntilAsync(async () => (await other.GetAsync("tell me what a refrain is", Vector(1, 0.1f))).Kind == HitKind.Semantic);
    }

    [Fact]
    public async Task What_was_stored_before_a_process_started_it_finds_by_meaning()
    {
        RedisStoreOptions options = redis.Options();
        await using (Peer one = await Peer.OpenAsync(options))
        {
            await one.SetAsync("what is a refrain", "a line that comes again", Vector(1));
        }

        await using Peer other = await Peer.OpenAsync(options);
        await RedisFixture.WaitUntilAsync(async () => (await other.GetAsync("tell me what a refrain is", Vector(1, 0.1f))).Kind == HitKind.Semantic);
    }

    [Fact]
    public async Task What_one_process_removes_or_invalidates_no_other_serves()
    {
        RedisStoreOptions options = redis.Options();
        await using Peer one = await Peer.OpenAsync(options);
        await using Peer other = await Peer.OpenAsync(options);
        await one.SetAsync("a", "1", Vector(1));
        await one.SetAsync("b", "1", Vector(2), tag: "t");
        await RedisFixture.WaitUntilAsync(async () =>
            (await other.GetAsync("a", Vector(1))).IsHit && (await other.GetAsync("b", Vector(2))).IsHit && (await other.GetAsync("a", Vector(1))).Kind == HitKind.Exact);

        await one.Cache.RemoveAsync(new CacheQuery(Scope, "a"), Cancellation);
        await one.Cache.InvalidateTagAsync("tenant", "t", Cancellation);

        await RedisFixture.WaitUntilAsync(async () => !(await other.GetAsync("a", Vector(1))).IsHit && !(await other.GetAsync("b", Vector(2))).IsHit);
    }

    [Fact]
    public async Task A_newer_answer_of_one_process_replaces_the_older_one_in_all()
    {
        RedisStoreOptions options = redis.Options();
        await using Peer one = await Peer.OpenAsync(options);
        await using Peer other = await Peer.OpenAsync(options);
        await one.SetAsync("a", "old", Vector(1));
        await RedisFixture.WaitUntilAsync(async () => (await other.GetAsync("a", Vector(1))).IsHit);
        await one.SetAsync("a", "new", Vector(1));
        await RedisFixture.WaitUntilAsync(async () => (await other.GetAsync("a", Vector(1))).GetString() == "new");
    }

    [Fact]
    public async Task A_cache_that_opened_without_redis_joins_the_others_when_it_comes()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--appendonly", "yes", "--appendfsync", "always"]);
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(200),
            ProbeInterval = TimeSpan.FromMilliseconds(50),
            ChangePollInterval = TimeSpan.FromMilliseconds(100),
        };
        await using (Peer before = await Peer.OpenAsync(options)) await before.SetAsync("a", "stored", Vector(1));

        await server.KillAsync();
        await using Peer late = await Peer.OpenAsync(options, isAway: true);
        await late.Cache.SetAsync(Query("b", Vector(2)), "provisional"u8.ToArray(), null, Cancellation);
        Assert.Equal(HitKind.Exact, (await late.GetAsync("b", Vector(2))).Kind);

        await server.StartAgainAsync();
        await RedisFixture.WaitUntilAsync(async () => (await late.GetAsync("a", Vector(1))) is { IsHit: true } hit && hit.GetString() == "stored");
    }

    [Fact]
    public async Task Nothing_stale_is_served_two_seconds_after_an_invalidation_whatever_happens_to_redis()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--appendonly", "yes", "--appendfsync", "always"]);
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ProbeInterval = TimeSpan.FromMilliseconds(50), ChangePollInterval = TimeSpan.FromMilliseconds(200) };
        await using Peer one = await Peer.OpenAsync(options);
        await using Peer other = await Peer.OpenAsync(options);
        for (int round = 0; round < 4; round++)
        {
            string answer = $"answer {round}";
            await one.SetAsync("a", answer, Vector(1), tag: "t");
            await RedisFixture.WaitUntilAsync(async () => (await other.GetAsync("a", Vector(1))) is { IsHit: true } hit && hit.GetString() == answer);

            await one.Cache.InvalidateTagAsync("tenant", "t", Cancellation);
            await one.Cache.FlushAsync(Cancellation);
            if (round % 2 == 0) await server.KillAsync();
            else await server.StopAsync();
            await Task.Delay(100, Cancellation);
            if (round % 2 == 0) await server.StartAgainAsync();
            else await server.ContinueAsync();

            await RedisFixture.WaitUntilAsync(() => one.Store.IsReachable && other.Store.IsReachable);
            await RedisFixture.WaitUntilAsync(async () => !(await other.GetAsync("a", Vector(1))).IsHit);
            Assert.False((await one.GetAsync("a", Vector(1))).IsHit);
        }
    }

    // Goal: whatever several processes do at once, and whatever happens to Redis meanwhile, in the end all answer alike, and never with another key's answer.
    [Fact]
    public async Task After_random_work_through_kills_and_hangs_all_processes_answer_alike()
    {
        const int KeyCount = 40;
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using RedisServer server = await RedisFixture.ServerAsync(["--appendonly", "yes", "--appendfsync", "always"]);
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with
        {
            ReadTimeout = TimeSpan.FromMilliseconds(100),
            WriteTimeout = TimeSpan.FromSeconds(1),
            ProbeInterval = TimeSpan.FromMilliseconds(50),
            ChangePollInterval = TimeSpan.FromMilliseconds(200),
        };
        Peer[] peers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Peer.OpenAsync(options)));
        int version = 0;
        int wrong = 0;
        using var stop = new CancellationTokenSource();
        Task[] working = [.. peers.Select((peer, number) => Task.Run(async () =>
        {
            var random = new Random(seed + number);
            while (!stop.IsCancellationRequested)
            {
                int key = random.Next(KeyCount);
                switch (random.Next(20))
                {
                    case < 6:
                        await peer.Cache.SetAsync(
                            Query($"key {key}", Vector(key % 20)), System.Text.Encoding.UTF8.GetBytes($"{key}/{Interlocked.Increment(ref version)}"),
                            new CacheEntryOptions { Tags = [$"tag {key % 3}"] }, Cancellation);
                        break;
                    case 6:
                        await peer.Cache.RemoveAsync(new CacheQuery(Scope, $"key {key}"), Cancellation);
                        break;
                    case 7 when random.Next(10) == 0:
                        await peer.Cache.InvalidateTagAsync("tenant", $"tag {key % 3}", Cancellation);
                        break;
                    default:
                        CacheResult found = await peer.Cache.GetAsync(new CacheQuery(Scope, $"key {key}") { Policy = HitPolicy.ExactOnly }, Cancellation);
                        if (found.IsHit && !found.GetString().StartsWith($"{key}/", StringComparison.Ordinal)) Interlocked.Increment(ref wrong);
                        break;
                }

                await Task.Delay(random.Next(4), Cancellation);
            }
        }))];

        await Task.Delay(700, Cancellation);
        await server.KillAsync();
        await Task.Delay(300, Cancellation);
        await server.StartAgainAsync();
        await Task.Delay(700, Cancellation);
        await server.StopAsync();
        await Task.Delay(400, Cancellation);
        await server.ContinueAsync();
        await Task.Delay(500, Cancellation);

        // On a busy machine the peers may hardly have begun by then.
        await RedisFixture.WaitUntilAsync(() => Volatile.Read(ref version) > 100);
        await stop.CancelAsync();
        await Task.WhenAll(working);
        Assert.Equal(0, wrong);

        await RedisFixture.WaitUntilAsync(() => peers.All(peer => peer.Store.IsReachable));
        foreach (Peer peer in peers) await peer.Cache.FlushAsync(Cancellation);
        await using Peer newcomer = await Peer.OpenAsync(options);
        string differences = "";
        await RedisFixture.WaitUntilAsync(async () => (differences = await DifferencesAsync(newcomer, peers, KeyCount)).Length == 0, () => differences);
        foreach (Peer peer in peers) await peer.DisposeAsync();
    }

    private static async Task<string> DifferencesAsync(Peer newcomer, Peer[] peers, int keyCount)
    {
        List<string> differences = [];
        for (int key = 0; key < keyCount; key++)
        {
            var query = new CacheQuery(Scope, $"key {key}") { Policy = HitPolicy.ExactOnly };
            CacheResult truth = await newcomer.Cache.GetAsync(query, Cancellation);
            for (int peer = 0; peer < peers.Length; peer++)
            {
                CacheResult found = await peers[peer].Cache.GetAsync(query, Cancellation);
                if (Said(found) != Said(truth)) differences.Add($"key {key}: {Said(found)} at {peer}, {Said(truth)} at the newcomer");
            }
        }

        return string.Join("; ", differences);
    }

    private static string Said(CacheResult result) => result.IsHit ? result.GetString() : "nothing";

    private static CacheQuery Query(string text, ReadOnlyMemory<float> vector) => new(Scope, text) { Embedding = vector };

    /// <summary>A unit vector of a direction, a little off.</summary>
    private static float[] Vector(int direction, float off = 0)
    {
        var vector = new float[64];
        vector[direction] = MathF.Sqrt(1 - off * off);
        vector[direction + 20] = off;
        return vector;
    }

    /// <summary>One process's cache.</summary>
    private sealed class Peer(SemanticCache cache, RedisStore store) : IAsyncDisposable
    {
        public SemanticCache Cache => cache;

        public RedisStore Store => store;

        public static async Task<Peer> OpenAsync(RedisStoreOptions options, bool isAway = false)
        {
            RedisStore store = await RedisStore.ConnectAsync(options);
            var settings = new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(2), DrainTimeout = TimeSpan.FromMinutes(2) };
            SemanticCache cache = await SemanticCache.OpenAsync(settings, store, services: new SemanticCacheServices { EmbeddingSpace = Space });
            if (!isAway) await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
            return new Peer(cache, store);
        }

        public ValueTask<CacheResult> GetAsync(string text, ReadOnlyMemory<float> vector) => cache.GetAsync(Query(text, vector), Cancellation);

        public async Task SetAsync(string text, string answer, ReadOnlyMemory<float> vector, string? tag = null)
        {
            await cache.SetAsync(Query(text, vector), System.Text.Encoding.UTF8.GetBytes(answer), new CacheEntryOptions { Tags = tag is null ? [] : [tag] }, Cancellation);
            await cache.FlushAsync(Cancellation);
        }

        public async ValueTask DisposeAsync()
        {
            await cache.DisposeAsync();
            await store.DisposeAsync();
        }
    }
}
