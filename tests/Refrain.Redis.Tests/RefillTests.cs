using System.Collections.Concurrent;
using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>A Redis that lost everything gets back what the processes hold, and nothing that was removed or outdated.</summary>
public sealed class RefillTests
{
    private static readonly CacheScope Scope = CacheScope.Create("tenant", ("model", "m"));
    private static readonly EmbeddingSpace Space = new() { Model = "test", Dimensions = 64, SimilarityThreshold = 0.9f };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_emptied_redis_gets_back_what_a_process_holds_and_a_newcomer_finds_it_by_meaning(bool isKilled)
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = OptionsFor(server);
        await using Peer peer = await Peer.OpenAsync(options);
        for (int number = 0; number < 20; number++) await peer.SetAsync(number, $"answer {number}");
        await peer.Cache.FlushAsync(Cancellation);

        if (isKilled)
        {
            await server.KillAsync();
            await server.StartAgainAsync();
        }
        else
        {
            Assert.Equal("+OK", await server.AskAsync("FLUSHALL"));
        }

        // A newcomer reads the store alone: nothing is in its table, and its index holds what the store gave it.
        await RedisFixture.WaitUntilAsync(async () => await CountAsync(server, options) == 20);
        await using Peer newcomer = await Peer.OpenAsync(options);
        await RedisFixture.WaitUntilAsync(async () =>
            (await newcomer.Cache.GetAsync(new CacheQuery(Scope, "in other words") { Embedding = Vector(7, 0.05f), Policy = new HitPolicy { Guards = Guards.None } }, Cancellation)).Kind == HitKind.Semantic);
        for (int number = 0; number < 20; number++) Assert.Equal($"answer {number}", (await newcomer.GetAsync(number)).GetString());
    }

    // Goal: what one process removed does not come back because another, who never heard of it, gives it back. Method: the remover may not publish, and the other
    // asks once an hour until it may ask more often, so it has not heard yet when Redis loses everything.
    [Fact]
    public async Task What_was_removed_or_outdated_does_not_come_back_from_a_process_that_did_not_hear_of_it()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--user", "mute", "on", "nopass", "~*", "+@all", "resetchannels"]);
        RedisStoreOptions options = OptionsFor(server);
        await using Peer remover = await Peer.OpenAsync(options with { User = "mute", Password = "" });
        var time = new HeldTime();
        await using Peer deaf = await Peer.OpenAsync(options with { ChangePollInterval = HeldTime.Held }, time);
        await remover.SetAsync(2, "outdated", tag: "t");
        await remover.SetAsync(3, "stays");
        await RedisFixture.WaitUntilAsync(async () => (await deaf.GetAsync(2)).IsHit && (await deaf.GetAsync(3)).IsHit);

        // The rounds in which a connection begins may still read the logs: until they are over it is done again.
        await RedisFixture.WaitUntilAsync(async () =>
        {
            await remover.SetAsync(1, "removed");
            await remover.Cache.FlushAsync(Cancellation);
            bool hasRead = (await deaf.GetAsync(1)).IsHit;
            await remover.Cache.RemoveAsync(Query(1), Cancellation);
            return hasRead && (await deaf.GetAsync(1)).IsHit;
        });
        await remover.Cache.InvalidateTagAsync("tenant", "t", Cancellation);
        await remover.Cache.FlushAsync(Cancellation);
        Assert.True((await deaf.GetAsync(1)).IsHit && (await deaf.GetAsync(2)).IsHit, "It has heard after all: the test shows nothing.");

        await server.KillAsync();
        await server.StartAgainAsync();

        time.Release();
        await RedisFixture.WaitUntilAsync(async () => (await remover.GetAsync(3)).IsHit);
        await RedisFixture.WaitUntilAsync(async () => !(await deaf.GetAsync(1)).IsHit && !(await deaf.GetAsync(2)).IsHit);
        await using Peer newcomer = await Peer.OpenAsync(options);
        Assert.Equal("stays", (await newcomer.GetAsync(3)).GetString());
        Assert.False((await newcomer.GetAsync(1)).IsHit);
        Assert.False((await newcomer.GetAsync(2)).IsHit);
    }

    [Fact]
    public async Task What_was_stored_after_a_removal_is_not_removed_again_when_removals_are_given_back()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = OptionsFor(server);
        await using Peer peer = await Peer.OpenAsync(options);
        await peer.SetAsync(1, "old");
        await peer.Cache.RemoveAsync(Query(1), Cancellation);
        await peer.SetAsync(1, "new");
        await peer.Cache.FlushAsync(Cancellation);

        await server.KillAsync();
        await server.StartAgainAsync();

        await RedisFixture.WaitUntilAsync(async () => await CountAsync(server, options) == 1);
        await RedisFixture.WaitUntilAsync(async () =>
        {
            await using Peer newcomer = await Peer.OpenAsync(options);
            return (await newcomer.GetAsync(1)) is { IsHit: true } hit && hit.GetString() == "new";
        });
    }

    [Fact]
    public void Removals_are_forgotten_after_their_time_and_beyond_their_number()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var removals = new RecentRemovals(time, TimeSpan.FromMinutes(10));
        removals.Remember(Entries.Key(1));
        time.Advance(TimeSpan.FromMinutes(9));
        removals.Remember(Entries.Key(2));
        Assert.Equal(2, removals.All().Count);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([Entries.Key(2)], removals.All().Select(static removal => removal.Key));

        for (int number = 0; number <= RecentRemovals.CountMax; number++) removals.Remember(new CacheKey(7, (UInt128)number));
        Assert.Equal(RecentRemovals.CountMax, removals.All().Count);
        Assert.DoesNotContain(removals.All(), static removal => removal.Key == Entries.Key(2));
    }

    private static RedisStoreOptions OptionsFor(RedisServer server) => RedisFixture.OptionsFor(server.Endpoint) with
    {
        ProbeInterval = TimeSpan.FromMilliseconds(50),
        ChangePollInterval = TimeSpan.FromMilliseconds(200),
    };

    /// <summary>Entries in Redis: all of its keys that are none of the store's own.</summary>
    private static async Task<int> CountAsync(RedisServer server, RedisStoreOptions options) =>
        int.Parse((await server.AskAsync("EVAL", $"return #redis.call('KEYS', '{options.KeyPrefix}:{{*}}:e:*')", "0"))[1..]);

    private static CacheQuery Query(int number) => new(Scope, $"question {number}") { Embedding = Vector(number), Policy = HitPolicy.ExactOnly };

    /// <summary>A unit vector of a direction, a little off.</summary>
    private static float[] Vector(int direction, float off = 0)
    {
        var vector = new float[64];
        vector[direction] = MathF.Sqrt(1 - off * off);
        vector[direction + 30] = off;
        return vector;
    }

    private sealed record Peer(RedisStore Store, SemanticCache Cache) : IAsyncDisposable
    {
        public static async Task<Peer> OpenAsync(RedisStoreOptions options, TimeProvider? time = null)
        {
            RedisStore store = await RedisStore.ConnectAsync(options, time, cancellationToken: Cancellation);
            await RedisFixture.WaitUntilAsync(() => store.IsReachable);
            SemanticCache cache = await SemanticCache.OpenAsync(
                new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(10) }, store, services: new SemanticCacheServices { EmbeddingSpace = Space }, cancellationToken: Cancellation);
            await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
            return new Peer(store, cache);
        }

        public ValueTask<CacheResult> GetAsync(int number) => Cache.GetAsync(Query(number), Cancellation);

        public ValueTask SetAsync(int number, string answer, string? tag = null) => Cache.SetAsync(
            Query(number) with { Policy = HitPolicy.Default }, Encoding.UTF8.GetBytes(answer), new CacheEntryOptions { Tags = tag is null ? [] : [tag] }, Cancellation);

        public async ValueTask DisposeAsync()
        {
            await Cache.DisposeAsync();
            await Store.DisposeAsync();
        }
    }

    /// <summary>Whoever waits for an hour waits until it is released, and from then on for a moment.</summary>
    private sealed class HeldTime : TimeProvider
    {
        private readonly ConcurrentBag<ITimer> _timers = [];
        private volatile bool _isReleased;

        public static TimeSpan Held { get; } = TimeSpan.FromHours(1);

        public void Release()
        {
            _isReleased = true;
            foreach (ITimer timer in _timers) timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime != Held) return timer;
            _timers.Add(timer);
            if (_isReleased) timer.Change(TimeSpan.FromMilliseconds(100), Timeout.InfiniteTimeSpan);
            return timer;
        }
    }
}
