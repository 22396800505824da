namespace Refrain.Redis.Tests;

public sealed class RedisStoreTests(RedisFixture redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_stored_is_read_back_with_its_times()
    {
        await using RedisStore store = await redis.ConnectAsync();
        StoredEntry entry = Entries.Of(1, padding: 3_000);

        await store.SetAsync([entry], Cancellation);

        StoredEntry found = Assert.NotNull(await store.GetAsync(entry.Key, Cancellation));
        Assert.Equal(entry.Key, found.Key);
        Assert.Equal(entry.Value.ToArray(), found.Value.ToArray());
        Assert.Equal(entry.ExpiresAt, found.ExpiresAt, TimeSpan.FromMicroseconds(1));
        Assert.Equal(entry.CreatedAt, found.CreatedAt, TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public async Task A_key_that_was_never_stored_is_not_there()
    {
        await using RedisStore store = await redis.ConnectAsync();
        Assert.Null(await store.GetAsync(Entries.Key(1), Cancellation));
    }

    [Fact]
    public async Task An_empty_value_is_an_entry()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.SetAsync([Entries.Of(1) with { Value = default }], Cancellation);
        Assert.Equal(0, Assert.NotNull(await store.GetAsync(Entries.Key(1), Cancellation)).Value.Length);
    }

    [Fact]
    public async Task An_entry_is_gone_when_its_time_is_over()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.SetAsync([Entries.Of(1, lifetime: TimeSpan.FromMilliseconds(300))], Cancellation);
        await RedisFixture.WaitUntilAsync(async () => await store.GetAsync(Entries.Key(1)) is null);
    }

    // Goal: nothing stays in Redis for ever but identity, epochs and logs. Method: what Redis itself says of the time that is left.
    [Fact]
    public async Task Entries_and_the_memory_of_removals_leave_redis_by_themselves()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint);
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await store.SetAsync([Entries.Of(1, lifetime: TimeSpan.FromMinutes(5)), Entries.Of(2)], Cancellation);
        await store.RemoveAsync([Entries.Key(2)], Cancellation);

        var keys = new RedisKeys(options.KeyPrefix, options.ShardCount);
        Assert.InRange(int.Parse((await server.AskAsync("PTTL", $"{keys.Entry(Entries.Key(1))}"))[1..]), 1, 5 * 60_000);
        Assert.InRange(int.Parse((await server.AskAsync("PTTL", $"{keys.Entry(Entries.Key(2))}"))[1..]), 1, (int)options.RemovalMemory.TotalMilliseconds);
    }

    [Fact]
    public async Task An_entry_that_has_expired_before_it_is_stored_is_not_stored()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.SetAsync([Entries.Of(1, lifetime: TimeSpan.FromSeconds(-1))], Cancellation);
        Assert.Null(await store.GetAsync(Entries.Key(1), Cancellation));
    }

    [Fact]
    public async Task A_younger_entry_replaces_an_older_one()
    {
        await using RedisStore store = await redis.ConnectAsync();
        DateTimeOffset then = TimeProvider.System.GetUtcNow();
        await store.SetAsync([Entries.Of(1, version: 1, createdAt: then)], Cancellation);
        await store.SetAsync([Entries.Of(1, version: 2, createdAt: then.AddMilliseconds(1))], Cancellation);
        Assert.Equal((1, 2), Entries.Read(await store.GetAsync(Entries.Key(1), Cancellation)));
    }

    [Fact]
    public async Task A_write_that_arrives_late_does_not_replace_a_younger_entry()
    {
        await using RedisStore store = await redis.ConnectAsync();
        DateTimeOffset then = TimeProvider.System.GetUtcNow();
        await store.SetAsync([Entries.Of(1, version: 2, createdAt: then.AddMilliseconds(1))], Cancellation);
        await store.SetAsync([Entries.Of(1, version: 1, createdAt: then)], Cancellation);
        Assert.Equal((1, 2), Entries.Read(await store.GetAsync(Entries.Key(1), Cancellation)));
    }

    [Fact]
    public async Task A_removed_entry_is_gone_and_counted_once()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.SetAsync([Entries.Of(1), Entries.Of(2)], Cancellation);
        Assert.Equal(1, await store.RemoveAsync([Entries.Key(1), Entries.Key(3)], Cancellation));
        Assert.Equal(0, await store.RemoveAsync([Entries.Key(1)], Cancellation));
        Assert.Null(await store.GetAsync(Entries.Key(1), Cancellation));
        Assert.NotNull(await store.GetAsync(Entries.Key(2), Cancellation));
    }

    [Fact]
    public async Task A_write_from_before_a_removal_does_not_bring_the_entry_back_and_one_from_after_does()
    {
        await using RedisStore store = await redis.ConnectAsync();
        StoredEntry before = Entries.Of(1, version: 1);
        await store.RemoveAsync([before.Key], Cancellation);

        await store.SetAsync([before], Cancellation);
        Assert.Null(await store.GetAsync(before.Key, Cancellation));

        await store.SetAsync([Entries.Of(1, version: 2)], Cancellation);
        Assert.Equal((1, 2), Entries.Read(await store.GetAsync(before.Key, Cancellation)));
    }

    [Fact]
    public async Task Two_processes_agree_on_the_seed_and_two_prefixes_do_not()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore first = await RedisFixture.ConnectAsync(options);
        await using RedisStore second = await RedisFixture.ConnectAsync(options);
        await using RedisStore other = await redis.ConnectAsync();
        ulong seed = await first.GetSeedAsync(Cancellation);
        Assert.Equal(seed, await second.GetSeedAsync(Cancellation));
        Assert.NotEqual(seed, await other.GetSeedAsync(Cancellation));
    }

    [Fact]
    public async Task A_process_that_would_shard_otherwise_takes_the_shards_of_the_store()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore first = await RedisFixture.ConnectAsync(options with { ShardCount = 3 });
        await using RedisStore second = await RedisFixture.ConnectAsync(options with { ShardCount = 8 });
        StoredEntry[] entries = [.. Enumerable.Range(0, 50).Select(number => Entries.Of(number))];
        await first.SetAsync(entries, Cancellation);
        foreach (StoredEntry entry in entries) Assert.NotNull(await second.GetAsync(entry.Key, Cancellation));
    }

    [Fact]
    public async Task Stores_with_different_prefixes_share_no_entry()
    {
        await using RedisStore one = await redis.ConnectAsync();
        await using RedisStore other = await redis.ConnectAsync();
        await one.SetAsync([Entries.Of(1)], Cancellation);
        Assert.Null(await other.GetAsync(Entries.Key(1), Cancellation));
    }

    [Fact]
    public async Task Epochs_only_grow_and_every_process_sees_them()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore first = await RedisFixture.ConnectAsync(options);
        await using RedisStore second = await RedisFixture.ConnectAsync(options);
        long one = await first.AdvanceEpochAsync(7, Cancellation);
        long two = await second.AdvanceEpochAsync(7, Cancellation);
        long other = await second.AdvanceEpochAsync(8, Cancellation);
        Assert.True(one >= 1 && two > one && other >= 1);
        IReadOnlyList<StoredEpoch> epochs = await first.GetEpochsAsync(Cancellation);
        Assert.Equivalent(new StoredEpoch[] { new(7, two), new(8, other) }, epochs, strict: true);
    }

    [Fact]
    public async Task An_enumeration_gives_every_entry_and_no_removed_one()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.SetAsync([.. Enumerable.Range(0, 1_000).Select(number => Entries.Of(number))], Cancellation);
        await store.RemoveAsync([.. Enumerable.Range(0, 100).Select(Entries.Key)], Cancellation);

        HashSet<int> numbers = [];
        await foreach (StoredEntry entry in store.EnumerateAsync(Cancellation)) numbers.Add(Entries.Read(entry.Value).Number);

        Assert.Equal(Enumerable.Range(100, 900), numbers.Order());
    }

    [Fact]
    public async Task An_enumeration_reads_no_faster_than_allowed()
    {
        await using RedisStore store = await RedisFixture.ConnectAsync(redis.Options() with { EnumerationRateMax = 2_000 });
        await store.SetAsync([.. Enumerable.Range(0, 1_000).Select(number => Entries.Of(number))], Cancellation);
        long start = TimeProvider.System.GetTimestamp();
        int count = await store.EnumerateAsync(Cancellation).CountAsync(Cancellation);
        Assert.Equal(1_000, count);
        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(450));
    }

    [Fact]
    public async Task Statistics_count_at_least_what_was_stored()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.SetAsync([.. Enumerable.Range(0, 100).Select(number => Entries.Of(number))], Cancellation);
        DurableStatistics statistics = await store.GetStatisticsAsync(Cancellation);
        Assert.True(statistics.EntryCount >= 100);
        Assert.True(statistics.SizeBytes > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prefix_that_is_in_use_for_something_else_is_refused_at_the_start(bool isOfAnotherKind)
    {
        RedisStoreOptions options = redis.Options();
        await using var other = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(options.Connection);
        var identity = $"{options.KeyPrefix}:{{meta}}:identity";
        if (isOfAnotherKind) await other.GetDatabase().StringSetAsync(identity, "of another program");
        else await other.GetDatabase().HashSetAsync(identity, "seed", "not a number");
        FormatException refusal = await Assert.ThrowsAsync<FormatException>(async () => await RedisStore.ConnectAsync(options));
        Assert.Contains(options.KeyPrefix, refusal.Message, StringComparison.Ordinal);
    }

    // Goal: the host's own clients stay as they were. StackExchange.Redis keeps this switch for the whole process, and it doubles the time of each call.
    [Fact]
    public async Task Other_clients_of_the_process_get_no_threads_of_their_own_because_of_a_store()
    {
        await using RedisStore store = await redis.ConnectAsync();
        Assert.False(StackExchange.Redis.ConnectionMultiplexer.GetFeatureFlag("DedicatedThreads"));
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.GetAsync(Entries.Key(1), new CancellationToken(canceled: true)));
    }
}
