using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Refrain.Redis.Tests;

/// <summary>Redis is killed, stopped, started again, absent, full. Each test has a server of its own.</summary>
public sealed class OutageTests
{
    private static readonly TimeSpan CutLength = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("REFRAIN_CUT_SECONDS") ?? "3"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_opens_without_redis_and_uses_it_when_it_comes()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await server.KillAsync();
        await using RedisStore store = await RedisStore.ConnectAsync(Options(server) with { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, cancellationToken: Cancellation);
        Assert.False(store.IsReachable);
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.GetSeedAsync(Cancellation));
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.GetAsync(Entries.Key(1), Cancellation));
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.SetAsync([Entries.Of(1)], Cancellation));

        await server.StartAgainAsync();
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);

        await store.GetSeedAsync(Cancellation);
        await store.SetAsync([Entries.Of(1)], Cancellation);
        Assert.NotNull(await store.GetAsync(Entries.Key(1), Cancellation));
    }

    [Fact]
    public async Task A_hanging_redis_costs_a_few_calls_their_budget_and_the_rest_nothing()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await using RedisStore store = await RedisFixture.ConnectAsync(Options(server) with { ReadTimeout = TimeSpan.FromMilliseconds(50), BreakerFailureCount = 5 });
        await server.StopAsync();

        // One key, so one breaker: it opens at the fifth, and whoever comes later is refused before anything is sent.
        int asked = 0;
        for (int i = 0; i < 200; i++)
            if (!await IsRefusedAtOnceAsync(store, Entries.Key(1))) asked++;

        Assert.Equal(5, asked);
        await server.ContinueAsync();
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
        Assert.Null(await ReadAsync(store, 1));
    }

    [Fact]
    public async Task A_line_that_is_cut_without_a_word_costs_a_few_calls_their_budget_and_mixes_nothing_up_when_it_is_mended()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await using FaultyProxy line = FaultyProxy.Start(server.Port, seed: 19);
        await using RedisStore store = await RedisFixture.ConnectAsync(Options(line.Endpoint) with { ReadTimeout = TimeSpan.FromMilliseconds(50), BreakerFailureCount = 3 });
        await store.SetAsync([.. Enumerable.Range(0, 50).Select(number => Entries.Of(number))], Cancellation);
        line.Cut();

        int asked = 0;
        for (int i = 0; i < 200; i++)
            if (!await IsRefusedAtOnceAsync(store, Entries.Key(1))) asked++;

        Assert.Equal(3, asked);
        line.Mend();
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
        for (int i = 0; i < 50; i++)
            Assert.Equal(i, (await ReadAsync(store, i))?.Number);
    }

    // Goal: the same where the kernel itself drops the packets. Method: a virtual cable to a network of the server's own; pulled for so long that TCP tries again only after seconds,
    // so coming back takes a connection that does not wait for it. Where no network can be made, the proxy above stands in.
    [Fact]
    public async Task A_pulled_cable_costs_a_few_calls_their_budget_and_redis_is_used_again_when_it_is_plugged_in()
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") RedisFixture.SkipUnless(RedisServer.IsInstalled, "redis-server is not installed.");
        (RedisBehindACable? server, string reason) = await RedisBehindACable.TryStartAsync();
        Assert.SkipUnless(server is not null, reason);
        await using RedisBehindACable cable = server!;
        await using RedisStore store = await RedisFixture.ConnectAsync(Options(cable.Endpoint) with { ReadTimeout = TimeSpan.FromMilliseconds(50), BreakerFailureCount = 3 });
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: Cancellation);
        var known = new CacheQuery(CacheScope.Create("tenant", ("model", "m")), "known");
        await cache.SetAsync(known, "answer"u8.ToArray(), cancellationToken: Cancellation);
        await store.SetAsync([.. Enumerable.Range(0, 50).Select(number => Entries.Of(number))], Cancellation);
        await cable.PullAsync();

        int asked = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; Stopwatch.GetElapsedTime(start) < CutLength || i < 200; i++)
        {
            if (!await IsRefusedAtOnceAsync(store, Entries.Key(1))) asked++;
            Assert.Equal(HitKind.Exact, (await cache.GetAsync(known, Cancellation)).Kind);
            await Task.Delay(5, Cancellation);
        }

        // The cache reads the logs over the same breaker, so the third failure may be one of its.
        Assert.InRange(asked, 1, 3);
        await cable.PlugInAsync();
        long back = Stopwatch.GetTimestamp();
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
        TestContext.Current.TestOutputHelper?.WriteLine($"back after {Stopwatch.GetElapsedTime(back).TotalMilliseconds:F0} ms");
        for (int i = 0; i < 50; i++)
            Assert.Equal(i, (await ReadAsync(store, i))?.Number);
    }

    // Goal: no call blocks a thread while it waits, so no number of them can block the pool; and a hit needs no pool. Method: a child with four threads and no more, and a Redis that hangs.
    [Fact]
    public async Task A_hundred_calls_that_wait_for_a_hanging_redis_hold_no_thread_and_a_hit_needs_none_of_the_pool()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        using ChildProcess child = ChildProcess.Start(BlockedPoolChild.Role, server.Endpoint, RedisFixture.OptionsFor(server.Endpoint).KeyPrefix);
        Assert.Equal("ready", await child.Output.ReadLineAsync(Cancellation));
        await server.StopAsync();
        await child.TellAsync("go");
        Assert.Equal("free", await child.Output.ReadLineAsync(Cancellation));
        Assert.Equal("hit", await child.Output.ReadLineAsync(Cancellation));
        await server.ContinueAsync();
        await child.TellAsync("go on");
        Assert.Equal($"answered {BlockedPoolChild.CallCount}", await child.Output.ReadLineAsync(Cancellation));
    }

    [Fact]
    public async Task A_caller_that_gives_up_early_still_tells_the_breaker()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await using RedisStore store = await RedisFixture.ConnectAsync(Options(server) with { ReadTimeout = TimeSpan.FromMilliseconds(100) });
        await server.StopAsync();
        for (int i = 0; i < 20; i++)
        {
            using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(5));
            await Assert.ThrowsAnyAsync<Exception>(async () => await store.GetAsync(Entries.Key(i), impatience.Token));
        }

        await RedisFixture.WaitUntilAsync(() => !store.IsReachable);
        await server.ContinueAsync();
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
    }

    [Fact]
    public async Task A_redis_that_was_killed_is_used_again_when_it_is_back_and_its_health_says_so()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--appendonly", "yes", "--appendfsync", "always"]);
        await using RedisStore store = await RedisFixture.ConnectAsync(Options(server));
        var health = new RedisStoreHealthCheck(store);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new HealthCheckContext(), Cancellation)).Status);
        await store.SetAsync([Entries.Of(1)], Cancellation);

        await server.KillAsync();
        await RedisFixture.WaitUntilAsync(async () => await Fails(store) && !store.IsReachable);
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync(new HealthCheckContext(), Cancellation)).Status);

        await server.StartAgainAsync();
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
        Assert.Equal((1, 1), Entries.Read(await store.GetAsync(Entries.Key(1), Cancellation)));
    }

    [Fact]
    public async Task An_emptied_redis_gets_its_seed_and_its_epochs_back()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = Options(server);
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        ulong seed = await store.GetSeedAsync(Cancellation);
        long epoch = await store.AdvanceEpochAsync(7, Cancellation);

        await server.KillAsync();
        await server.StartAgainAsync();
        await RedisFixture.WaitUntilAsync(async () => !await Fails(store) && store.IsReachable && (await server.AskAsync("EXISTS", $"{options.KeyPrefix}:{{meta}}:epochs")) == ":1");

        await using RedisStore newcomer = await RedisFixture.ConnectAsync(options);
        Assert.Equal(seed, await newcomer.GetSeedAsync(Cancellation));
        Assert.Equal([new StoredEpoch(7, epoch)], await newcomer.GetEpochsAsync(Cancellation));
        Assert.True(await newcomer.AdvanceEpochAsync(7, Cancellation) > epoch);
    }

    [Fact]
    public async Task Under_another_seed_nothing_is_read_or_written_until_it_is_asked_for()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = Options(server);
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        ulong seed = await store.GetSeedAsync(Cancellation);
        await store.SetAsync([Entries.Of(1)], Cancellation);

        await server.KillAsync();
        await server.StartAgainAsync();
        ulong otherSeed = ~seed;
        await server.AskAsync("HSET", $"{options.KeyPrefix}:{{meta}}:identity", "seed", otherSeed.ToString("x16"), "shards", "4", "incarnation", "1");

        await RedisFixture.WaitUntilAsync(async () =>
            (await Record.ExceptionAsync(async () => await store.GetAsync(Entries.Key(1), Cancellation)))?.Message.Contains("another seed", StringComparison.Ordinal) == true);
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.SetAsync([Entries.Of(2)], Cancellation));
        Assert.Equal(otherSeed, await store.GetSeedAsync(Cancellation));
        await store.SetAsync([Entries.Of(2)], Cancellation);
        Assert.NotNull(await store.GetAsync(Entries.Key(2), Cancellation));
    }

    // Method: the second after which a write is tried again is over when the test says so. Redis itself counts what it refused.
    [Fact]
    public async Task A_full_redis_refuses_writes_is_left_alone_and_still_takes_removals_and_invalidations()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--maxmemory-policy", "noeviction"]);
        var time = new StandingTime();
        await using RedisStore store = await RedisStore.ConnectAsync(Options(server), time, cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
        await store.SetAsync([Entries.Of(1), Entries.Of(2)], Cancellation);
        await server.AskAsync("CONFIG", "SET", "maxmemory", "1mb");

        StoredEntry[] more = [.. Enumerable.Range(10, 100).Select(number => Entries.Of(number, padding: 20_000))];
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.SetAsync(more, Cancellation));
        Assert.Equal((100, 100), (store.RefusedWriteCount, await RefusedAsync(server)));
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.SetAsync(more, Cancellation));
        Assert.Equal((200, 100), (store.RefusedWriteCount, await RefusedAsync(server)));

        Assert.NotNull(await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.Equal(1, await store.RemoveAsync([Entries.Key(1)], Cancellation));
        Assert.Null(await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.True(await store.AdvanceEpochAsync(7, Cancellation) > 0);
        Assert.True(store.IsReachable);

        await server.AskAsync("CONFIG", "SET", "maxmemory", "0");
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.SetAsync(more, Cancellation));
        time.Stand += TimeSpan.FromSeconds(1);
        await store.SetAsync(more, Cancellation);
        Assert.Equal((300, 100), (store.RefusedWriteCount, await RefusedAsync(server)));
        Assert.NotNull(await store.GetAsync(more[99].Key, Cancellation));
    }

    private static RedisStoreOptions Options(RedisServer server) => Options(server.Endpoint);

    private static RedisStoreOptions Options(string endpoint) => RedisFixture.OptionsFor(endpoint) with
    {
        WriteTimeout = TimeSpan.FromSeconds(2),
        ProbeInterval = TimeSpan.FromMilliseconds(50),
        ChangePollInterval = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>Whether a read that cannot be answered is refused before Redis is asked.</summary>
    private static async Task<bool> IsRefusedAtOnceAsync(RedisStore store, CacheKey key)
    {
        RedisStoreUnavailableException refusal = await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.GetAsync(key, Cancellation));
        return refusal.InnerException is null;
    }

    /// <summary>Reads until there is an answer: on a busy machine the first may come too late for the short budget.</summary>
    private static async Task<(int Number, int Version)?> ReadAsync(RedisStore store, int number)
    {
        StoredEntry? entry = null;
        await RedisFixture.WaitUntilAsync(async () =>
        {
            try
            {
                entry = await store.GetAsync(Entries.Key(number), Cancellation);
                return true;
            }
            catch (RedisStoreUnavailableException)
            {
                return false;
            }
        });
        return Entries.Read(entry);
    }

    private static async Task<long> RefusedAsync(RedisServer server) =>
        long.Parse(await server.AskAsync("EVAL", "return string.match(redis.call('INFO', 'errorstats'), 'errorstat_OOM:count=(%d+)')", "0"));

    private static async Task<bool> Fails(RedisStore store)
    {
        try
        {
            await store.GetAsync(Entries.Key(999), Cancellation);
            return false;
        }
        catch (RedisStoreUnavailableException)
        {
            return true;
        }
    }

    /// <summary>Time passes as it is told to; timers run.</summary>
    private sealed class StandingTime : TimeProvider
    {
        public TimeSpan Stand { get; set; } = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Stand.Ticks;
    }
}
