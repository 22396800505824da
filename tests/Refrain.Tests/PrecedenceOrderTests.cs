using Microsoft.Extensions.Logging.Abstractions;

namespace Refrain.Tests;

/// <summary>Stores, renewals and removals at one key, step by step: table and queue of writes end with the same answer, the newest.</summary>
public sealed class PrecedenceOrderTests : IAsyncDisposable
{
    private static readonly CacheScope Scope = CacheScope.Create("tenant");
    private static readonly CacheKey Key = new(1, 2);

    private readonly MemoryStore _store = new();
    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly ExactTable _table = new(1 << 20);
    private readonly WriteQueue _writes;
    private readonly Precedence _precedence;

    public PrecedenceOrderTests()
    {
        // Never attached: what is enqueued stays where the tests can see it.
        var options = new SemanticCacheOptions { DrainTimeout = TimeSpan.FromMilliseconds(1) };
        var epochs = new EpochTable();
        var durable = new DurableTier(_store, options, _clock, epochs, new CacheCounters(), new CacheMeter(null, "test"), NullLogger.Instance);
        _writes = new WriteQueue(durable, options, _clock, epochs, NullLogger.Instance);
        _precedence = new Precedence(_table, _writes);
    }

    [Fact]
    public void A_store_call_that_comes_late_replaces_nothing_newer_even_if_that_was_written_long_ago()
    {
        (CacheEntry old, CacheEntry newer) = (Entry(1), Entry(2));
        Assert.True(_precedence.TryStore(newer, PendingWrite.Store(newer)));
        _writes.Clear();
        Assert.False(_precedence.TryStore(old, PendingWrite.Store(old)));
        AssertEndsWith(newer, queued: null);
    }

    [Fact]
    public void Nor_does_one_that_has_to_be_embedded()
    {
        (CacheEntry old, CacheEntry newer) = (Entry(1), Entry(2));
        Assert.True(_precedence.TryBegin(newer));
        Assert.False(_precedence.TryBegin(old));
        Assert.False(_precedence.TryStore(old, PendingWrite.Store(old)));
        Assert.False(_precedence.TryFinish(old, PendingWrite.Store(old)));
        _precedence.GiveUp(old);
        Assert.True(_precedence.TryFinish(newer, PendingWrite.Store(newer)));
        AssertEndsWith(newer, newer);
    }

    [Fact]
    public void Nor_while_the_newer_one_has_left_the_table_before_it_was_embedded()
    {
        (CacheEntry old, CacheEntry newer) = (Entry(1), Entry(2));
        Assert.True(_precedence.TryBegin(newer));
        _table.Remove(newer);
        Assert.False(_precedence.TryStore(old, PendingWrite.Store(old)));
        Assert.True(_precedence.TryFinish(newer, PendingWrite.Store(newer)));
        AssertEndsWith(null, newer);
    }

    [Fact]
    public void One_that_was_begun_and_overtaken_is_not_finished_and_leaves_the_newer_one_alone()
    {
        (CacheEntry old, CacheEntry newer) = (Entry(1), Entry(2));
        Assert.True(_precedence.TryBegin(old));
        Assert.True(_precedence.TryBegin(newer));
        Assert.False(_precedence.TryFinish(old, PendingWrite.Store(old)));
        _precedence.GiveUp(old);
        Assert.True(_precedence.TryFinish(newer, PendingWrite.Store(newer)));
        AssertEndsWith(newer, newer);
    }

    [Fact]
    public void What_is_put_off_replaces_neither_a_newer_answer_nor_a_removal()
    {
        (CacheEntry old, CacheEntry newer) = (Entry(1), Entry(2));
        _precedence.TryStore(old, PendingWrite.Store(old));
        CacheEntry renewed = Entry(1);
        _precedence.Renew(old, renewed, PendingWrite.Store(renewed));
        AssertEndsWith(renewed, renewed);
        _precedence.TryStore(newer, PendingWrite.Store(newer));
        _precedence.Renew(renewed, Entry(1), PendingWrite.Store(Entry(1)));
        AssertEndsWith(newer, newer);
        _precedence.Remove(PendingWrite.Forget(Key));
        _precedence.Renew(newer, Entry(2), PendingWrite.Store(Entry(2)));
        AssertEndsWith(null, null);
    }

    [Fact]
    public void An_older_answer_that_was_read_while_the_newer_one_is_embedded_is_neither_put_off_nor_kept()
    {
        (CacheEntry stored, CacheEntry newer) = (Entry(0), Entry(2));
        _precedence.TryBegin(newer);
        _table.Remove(newer);
        _table.Promote(stored, _table.StampOf(Key));
        _precedence.Renew(stored, Entry(0), PendingWrite.Store(Entry(0)));
        AssertEndsWith(stored, null);
        long stamp = _table.StampOf(Key);
        Assert.True(_precedence.TryFinish(newer, PendingWrite.Store(newer)));
        AssertEndsWith(null, newer);
        _table.Promote(stored, stamp);
        AssertEndsWith(null, newer);
    }

    public async ValueTask DisposeAsync()
    {
        await _writes.DisposeAsync();
        await _store.DisposeAsync();
        _clock.Dispose();
    }

    private void AssertEndsWith(CacheEntry? inTable, CacheEntry? queued)
    {
        Assert.Same(inTable, _table.Peek(Key.Digest));
        Assert.Same(queued, _writes.TryFind(Key, out CacheEntry? found) ? found : null);
    }

    private CacheEntry Entry(long version) => new()
    {
        Key = Key,
        Scope = Scope,
        Text = Caches.Bytes("q"),
        Payload = [],
        CreatedTicks = version,
        ExpiresTicks = long.MaxValue,
        Cost = 0,
        Epochs = [],
        Clock = _clock,
        Version = version,
    };
}
