using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using StackExchange.Redis;

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
        await server.AskAsync("SET", $"{keys.Entry(Entries.Key(4))}", "a text of another program, in which every byte is a letter");

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
        await store.SetAsync([Entries.Of(4)], Cancellation);
        Assert.Equal(4, Entries.Read(await store.GetAsync(Entries.Key(4), Cancellation))?.Number);
    }

    // Goal: what others write at the name of a log stops nobody who writes. Method: before each kind of edit, with nobody following, the log becomes a string.
    [Fact]
    public async Task A_value_of_another_kind_at_the_name_of_a_change_log_is_replaced_by_whoever_writes_counted_and_told_once()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ShardCount = 1 };
        var log = new FakeLogCollector();
        using var loggers = new LoggerFactory([new FakeLoggerProvider(log)]);
        await using RedisStore store = await RedisStore.ConnectAsync(options, loggerFactory: loggers, cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => store.IsReachable);
        var keys = new RedisKeys(options.KeyPrefix, 1);

        (RedisKey Log, Func<Task> Edit)[] edits =
        [
            (keys.Log(0), async () => await store.SetAsync([Entries.Of(1)], Cancellation)),
            (keys.Log(0), async () => await store.RemoveAsync([Entries.Key(1)], Cancellation)),
            (keys.Log(1), async () => Assert.True(await store.AdvanceEpochAsync(7, Cancellation) > 0)),
        ];
        foreach ((RedisKey name, Func<Task> edit) in edits)
        {
            Assert.Equal("+OK", await server.AskAsync("SET", $"{name}", "of another program"));
            await edit();
            Assert.Equal("+stream", await server.AskAsync("TYPE", $"{name}"));
        }

        Assert.Null(await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.Equal(edits.Length, store.ForeignReplyCount);
        Assert.Single(log.GetSnapshot(), record => Told(record).Contains($"{keys.Log(0)}", StringComparison.Ordinal) && record.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task A_value_of_another_kind_at_the_name_of_a_change_log_is_replaced_by_whoever_follows_who_then_compares_everything_and_is_told_what_comes()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ShardCount = 1, ChangePollInterval = TimeSpan.FromMilliseconds(100) };
        await using RedisStore writer = await RedisFixture.ConnectAsync(options);
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using IAsyncEnumerator<StoreChange> told = reader.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await told.MoveNextAsync());
        var name = $"{new RedisKeys(options.KeyPrefix, 1).Log(0)}";

        Assert.Equal("+OK", await server.AskAsync("SET", name, "of another program"));
        Assert.True(await told.MoveNextAsync());
        Assert.Equal(StoreChangeKind.Missed, told.Current.Kind);
        Assert.Equal("+stream", await server.AskAsync("TYPE", name));
        await writer.SetAsync([Entries.Of(1)], Cancellation);
        Assert.True(await told.MoveNextAsync());

        Assert.Equal((StoreChangeKind.Stored, Entries.Key(1)), (told.Current.Kind, told.Current.Entry.Key));
        Assert.Equal((1, 0), (reader.ForeignReplyCount, writer.ForeignReplyCount));
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_value_of_another_kind_in_place_of_the_epochs_is_replaced_by_those_that_are_known()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ProbeInterval = TimeSpan.FromMilliseconds(50) };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        long epoch = await store.AdvanceEpochAsync(7, Cancellation);
        Assert.Equal("+OK", await server.AskAsync("SET", $"{new RedisKeys(options.KeyPrefix, options.ShardCount).Epochs}", "of another program"));

        // The first that meets it may fail, and has it looked at.
        await RedisFixture.WaitUntilAsync(async () => await Record.ExceptionAsync(async () => await store.AdvanceEpochAsync(8, Cancellation)) is null);

        await using RedisStore newcomer = await RedisFixture.ConnectAsync(options);
        Assert.Contains(new StoredEpoch(7, epoch), await newcomer.GetEpochsAsync(Cancellation));
        Assert.Equal(1, store.ForeignReplyCount);
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
