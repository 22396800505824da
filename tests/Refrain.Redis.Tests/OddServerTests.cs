using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Refrain.Redis.Tests;

/// <summary>A Redis that others have been at: wrong passwords, foreign values at our keys, huge ones, other clocks, a FLUSHALL in the middle of writes.</summary>
public sealed class OddServerTests(RedisFixture redis)
{
    private const string Secret = "hunter2-secret";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_password_is_told_in_the_log_without_the_password_and_nothing_waits_for_it()
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--requirepass", "right"], "right");
        var log = new FakeLogCollector();
        using var loggers = new LoggerFactory([new FakeLoggerProvider(log)]);
        await using RedisStore store = await RedisStore.ConnectAsync(
            RedisFixture.OptionsFor(server.Endpoint) with { Password = Secret, ConnectTimeout = TimeSpan.FromSeconds(1) }, loggerFactory: loggers, cancellationToken: Cancellation);

        await RedisFixture.WaitUntilAsync(() => log.GetSnapshot().Any(static record => Told(record).Contains("WRONGPASS", StringComparison.Ordinal)));
        Assert.False(store.IsReachable);
        await Assert.ThrowsAsync<RedisStoreUnavailableException>(async () => await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.DoesNotContain(log.GetSnapshot(), static record => Told(record).Contains(Secret, StringComparison.Ordinal));
        Assert.InRange(log.GetSnapshot().Count, 1, 10);
    }

    [Fact]
    public async Task A_value_of_another_kind_or_of_many_megabytes_at_an_entrys_key_is_no_entry_and_is_written_over()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint);
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await store.GetSeedAsync(Cancellation);
        var keys = new RedisKeys(options.KeyPrefix, options.ShardCount);
        await server.AskAsync("SETRANGE", $"{keys.Entry(Entries.Key(1))}", "64000000", "x");
        await server.AskAsync("RPUSH", $"{keys.Entry(Entries.Key(2))}", "an item");

        Assert.Null(await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.Null(await store.GetAsync(Entries.Key(2), Cancellation));
        Assert.Equal(2, store.ForeignReplyCount);
        Assert.Equal(0, await store.RemoveAsync([Entries.Key(2)], Cancellation));
        await server.AskAsync("DEL", $"{keys.Entry(Entries.Key(2))}");
        await server.AskAsync("RPUSH", $"{keys.Entry(Entries.Key(2))}", "an item");
        await store.SetAsync([Entries.Of(1)], Cancellation);
        Assert.Equal(1, Entries.Read(await store.GetAsync(Entries.Key(1), Cancellation))?.Number);
        await store.SetAsync([Entries.Of(3)], Cancellation);
        Assert.Equal(3, Entries.Read(await store.GetAsync(Entries.Key(3), Cancellation))?.Number);
        await store.SetAsync([Entries.Of(2)], Cancellation);
        Assert.Equal(2, Entries.Read(await store.GetAsync(Entries.Key(2), Cancellation))?.Number);
    }

    // Goal: clocks that differ by an hour cost freshness by the rule (the younger stays), never a wrong answer, an entry for ever, or a divergence.
    [Fact]
    public async Task Processes_whose_clocks_differ_by_an_hour_end_with_the_same_answer_and_let_it_end()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await using RedisStore aheadStore = await RedisStore.ConnectAsync(options, new AheadTime(TimeSpan.FromHours(1)), cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => aheadStore.IsReachable);
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30) }, store, cancellationToken: Cancellation);
        await using SemanticCache ahead = await SemanticCache.OpenAsync(
            new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30) }, aheadStore,
            services: new SemanticCacheServices { TimeProvider = new AheadTime(TimeSpan.FromHours(1)) }, cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache) && RedisFixture.IsHealthy(ahead));
        var query = new CacheQuery(CacheScope.Create("tenant", ("model", "m")), "q") { Policy = HitPolicy.ExactOnly };

        await ahead.SetAsync(query, "of the clock ahead"u8.ToArray(), new CacheEntryOptions { TimeToLive = TimeSpan.FromHours(2) }, Cancellation);
        await ahead.FlushAsync(Cancellation);
        await cache.SetAsync(query, "of the right clock"u8.ToArray(), new CacheEntryOptions { TimeToLive = TimeSpan.FromHours(2) }, Cancellation);
        await cache.FlushAsync(Cancellation);

        await RedisFixture.WaitUntilAsync(async () =>
            (await cache.GetAsync(query, Cancellation)) is { IsHit: true } one && (await ahead.GetAsync(query, Cancellation)) is { IsHit: true } other && one.GetString() == other.GetString());
        StoredEntry? stored = await store.GetAsync(cache.KeyOf(query), Cancellation);
        Assert.InRange(stored!.Value.ExpiresAt - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1), TimeSpan.FromHours(3.1));

        // Whoever is right cannot replace what claims to be younger; but a removal of either is heeded by both.
        await cache.RemoveAsync(query, Cancellation);
        await cache.FlushAsync(Cancellation);
        await RedisFixture.WaitUntilAsync(async () => !(await cache.GetAsync(query, Cancellation)).IsHit && !(await ahead.GetAsync(query, Cancellation)).IsHit);
    }

    [Fact]
    public async Task A_flush_in_the_middle_of_writes_loses_nothing_that_a_process_still_holds()
    {
        const int Count = 300;
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ProbeInterval = TimeSpan.FromMilliseconds(50), ChangePollInterval = TimeSpan.FromMilliseconds(100) };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30) }, store, cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
        for (int i = 0; i < Count; i++)
        {
            await cache.SetAsync(new CacheQuery(CacheScope.Create("tenant", ("model", "m")), $"question {i}"), new byte[100], cancellationToken: Cancellation);
            if (i % 60 == 59) Assert.Equal("+OK", await server.AskAsync("FLUSHALL"));
        }

        await cache.FlushAsync(Cancellation);
        await RedisFixture.WaitUntilAsync(
            async () => await server.AskAsync("EVAL", $"return #redis.call('KEYS', '{options.KeyPrefix}:{{*}}:e:*')", "0") == $":{Count}");
    }

    private static string Told(FakeLogRecord record) => $"{record.Message} {record.Exception}";

    private sealed class AheadTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
