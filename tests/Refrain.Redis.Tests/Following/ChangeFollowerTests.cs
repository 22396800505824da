using System.Collections.Concurrent;

namespace Refrain.Redis.Tests;

/// <summary>What one process is told of what another did.</summary>
public sealed class ChangeFollowerTests(RedisFixture redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_removals_and_epochs_of_another_process_are_told()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore writer = await RedisFixture.ConnectAsync(options);
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(reader);

        await writer.SetAsync([Entries.Of(1), Entries.Of(2)], Cancellation);
        long epoch = await writer.AdvanceEpochAsync(7, Cancellation);
        await watcher.UntilAsync(changes => changes.Count(change => change.Kind == StoreChangeKind.Stored) == 2);
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.EpochAdvanced && change.Epoch == new StoredEpoch(7, epoch)));

        await writer.RemoveAsync([Entries.Key(1)], Cancellation);
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Removed && change.Entry.Key == Entries.Key(1)));
        Assert.All(
            watcher.Changes.Where(change => change.Kind == StoreChangeKind.Stored),
            change => Assert.Equal(change.Entry.Key, Entries.Key(Entries.Read(change.Entry.Value).Number)));
    }

    [Fact]
    public async Task A_watch_begins_by_saying_that_everything_is_to_be_compared()
    {
        await using RedisStore reader = await redis.ConnectAsync();
        await using Watcher watcher = await Watcher.StartAsync(reader);
        Assert.Equal(StoreChangeKind.Missed, watcher.Changes.First().Kind);
    }

    [Fact]
    public async Task Own_writes_are_not_told_unless_their_key_was_told_lately()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore other = await RedisFixture.ConnectAsync(options);
        await using RedisStore own = await RedisFixture.ConnectAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(own);

        await own.SetAsync([Entries.Of(1)], Cancellation);
        await other.SetAsync([Entries.Of(2)], Cancellation);
        await watcher.UntilAsync(changes => changes.Any(change => change.Entry.Key == Entries.Key(2)));
        Assert.DoesNotContain(watcher.Changes, change => change.Entry.Key == Entries.Key(1));

        await other.RemoveAsync([Entries.Key(1)], Cancellation);
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Removed && change.Entry.Key == Entries.Key(1)));
        await own.SetAsync([Entries.Of(1, version: 2)], Cancellation);
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Stored && change.Entry.Key == Entries.Key(1)));
    }

    [Fact]
    public async Task An_own_write_that_was_refused_is_told_as_what_is_there_instead()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore other = await RedisFixture.ConnectAsync(options);
        await using RedisStore own = await RedisFixture.ConnectAsync(options);
        StoredEntry late = Entries.Of(1, version: 1);
        await other.SetAsync([Entries.Of(1, version: 2, createdAt: late.CreatedAt.AddSeconds(1))], Cancellation);
        await other.RemoveAsync([Entries.Key(2)], Cancellation);
        await using Watcher watcher = await Watcher.StartAsync(own);

        await own.SetAsync([late, Entries.Of(2, createdAt: late.CreatedAt.AddSeconds(-10))], Cancellation);

        // Removed first: what the table holds may claim to be younger than what is there.
        await watcher.UntilAsync(changes => changes.Where(change => change.Entry.Key == Entries.Key(1)).Select(change => change.Kind).Take(2)
            .SequenceEqual([StoreChangeKind.Removed, StoreChangeKind.Stored]));
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Stored && Entries.Read(change.Entry.Value) == (1, 2)));
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Removed && change.Entry.Key == Entries.Key(2)));
    }

    [Fact]
    public async Task A_watcher_that_fell_behind_the_log_is_told_that_it_missed_something()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ShardCount = 1, ChangeLogLength = 16, ChangePollInterval = TimeSpan.FromMilliseconds(100) };
        await using RedisStore writer = await RedisFixture.ConnectAsync(options);
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(reader);

        // As if all the messages and all the items between had been lost.
        await server.AskAsync("XTRIM", $"{options.KeyPrefix}:{{0.0}}:log", "MAXLEN", "0");
        await writer.SetAsync([Entries.Of(1)], Cancellation);

        await watcher.UntilAsync(changes => changes.Count(change => change.Kind == StoreChangeKind.Missed) == 2);
        Assert.Equal(1, await reader.EnumerateAsync(Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_redis_that_lost_everything_is_told_as_emptied_and_its_later_changes_are_told()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ProbeInterval = TimeSpan.FromMilliseconds(50), ChangePollInterval = TimeSpan.FromMilliseconds(100) };
        await using RedisStore writer = await RedisFixture.ConnectAsync(options);
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(reader);

        await server.KillAsync();
        await server.StartAgainAsync();

        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Emptied));
        Assert.DoesNotContain(watcher.Changes, change => change.Kind == StoreChangeKind.Reseeded);
        await RedisFixture.WaitUntilAsync(() => writer.IsReachable && reader.IsReachable);
        await writer.SetAsync([Entries.Of(1)], Cancellation);
        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Stored));
    }

    [Fact]
    public async Task Another_seed_is_told_before_anything_else()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { ProbeInterval = TimeSpan.FromMilliseconds(50), ChangePollInterval = TimeSpan.FromMilliseconds(100) };
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(reader);
        ulong seed = await reader.GetSeedAsync(Cancellation);

        await server.AskAsync("HSET", $"{options.KeyPrefix}:{{meta}}:identity", "seed", (~seed).ToString("x16"), "incarnation", "1");
        await server.AskAsync("DEL", $"{options.KeyPrefix}:{{meta}}:log");

        await watcher.UntilAsync(changes => changes.Count > 2);
        Assert.Equal([StoreChangeKind.Missed, StoreChangeKind.Reseeded, StoreChangeKind.Missed], watcher.Changes.Take(3).Select(change => change.Kind));
        Assert.Equal(~seed, await reader.GetSeedAsync(Cancellation));
    }

    [Fact]
    public async Task Where_subscribing_is_refused_the_changes_are_told_by_asking()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await server.AskAsync("ACL", "SETUSER", "mute", "on", "nopass", "~*", "+@all", "resetchannels");
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint) with { User = "mute", Password = "x", ChangePollInterval = TimeSpan.FromMilliseconds(100) };
        await using RedisStore writer = await RedisFixture.ConnectAsync(options);
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(reader);

        await writer.SetAsync([Entries.Of(1)], Cancellation);

        await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Stored));
        Assert.Equal("*0", await server.AskAsync("PUBSUB", "CHANNELS", $"{options.KeyPrefix}*"));
    }

    [Fact]
    public async Task Two_watches_of_one_store_are_both_told()
    {
        RedisStoreOptions options = redis.Options();
        await using RedisStore writer = await RedisFixture.ConnectAsync(options);
        await using RedisStore reader = await RedisFixture.ConnectAsync(options);
        await using Watcher one = await Watcher.StartAsync(reader);
        await using Watcher other = await Watcher.StartAsync(reader);
        await writer.SetAsync([Entries.Of(1)], Cancellation);
        await writer.AdvanceEpochAsync(7, Cancellation);
        foreach (Watcher watcher in new[] { one, other })
        {
            await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.Stored));
            await watcher.UntilAsync(changes => changes.Any(change => change.Kind == StoreChangeKind.EpochAdvanced));
        }
    }

    [Fact]
    public async Task A_watch_can_be_ended_and_begun_again()
    {
        await using RedisStore reader = await redis.ConnectAsync();
        await (await Watcher.StartAsync(reader)).DisposeAsync();
        await using Watcher again = await Watcher.StartAsync(reader);
        Assert.Equal(StoreChangeKind.Missed, Assert.Single(again.Changes).Kind);
    }

    private sealed class Watcher : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<StoreChange> _changes = new();
        private readonly Task _watching;

        private Watcher(RedisStore store) => _watching = Task.Run(async () =>
        {
            await foreach (StoreChange change in store.WatchAsync(_stop.Token)) _changes.Enqueue(change);
        });

        public IReadOnlyCollection<StoreChange> Changes => _changes;

        public static async Task<Watcher> StartAsync(RedisStore store)
        {
            var watcher = new Watcher(store);
            await watcher.UntilAsync(changes => changes.Count > 0);
            return watcher;
        }

        public Task UntilAsync(Func<IReadOnlyCollection<StoreChange>, bool> isSo) => RedisFixture.WaitUntilAsync(() =>
        {
            if (_watching.IsFaulted) throw _watching.Exception;
            return isSo(_changes);
        });

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
