using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Writes on their way: counted, bounded, in order, and never lost without being told.</summary>
public sealed class WriteQueueTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Issued_is_stored_and_dropped_and_pending_at_every_moment()
    {
        var store = new FaultyStore(new MemoryStore());
        await using SemanticCache cache = await OpenAsync(store, options: new SemanticCacheOptions { WriteBackBytesMax = 100_000 });
        store.Hang = new TaskCompletionSource();
        for (int i = 0; i < 500; i++)
        {
            await cache.SetAsync(Ask($"question {i}"), new byte[1_000], null, Cancellation);
            CacheStatistics now = cache.GetStatistics();
            Assert.Equal(now.WritesIssued, now.WritesStored + now.WritesDropped + now.WritesPending);
            Assert.InRange(now.WritesPendingBytes, 0, 100_000 + 2_000);
        }

        Assert.InRange(cache.GetStatistics().WritesDropped, 300, 500);
        store.Hang.SetResult();
        store.Hang = null;
        await cache.FlushAsync(Cancellation);
        CacheStatistics end = cache.GetStatistics();
        Assert.Equal((500, 0, 0), (end.WritesIssued, end.WritesPending, end.WritesPendingBytes));
        Assert.Equal(500, end.WritesStored + end.WritesDropped);
    }

    [Fact]
    public async Task The_newest_of_a_key_is_what_the_store_ends_with()
    {
        var store = new MemoryStore();
        await using SemanticCache cache = await OpenAsync(store);
        for (int i = 0; i < 2_000; i++)
            await cache.SetAsync(Ask("q"), Bytes($"answer {i}"), null, Cancellation);
        await cache.FlushAsync(Cancellation);
        await using SemanticCache other = await OpenAsync(store);
        Assert.Equal("answer 1999", (await other.GetAsync(Ask("q"), Cancellation)).GetString());
    }

    [Fact]
    public async Task What_waits_is_read_before_the_store_and_what_is_being_removed_is_not_read_from_it()
    {
        var faulty = new FaultyStore(new MemoryStore());
        var options = new SemanticCacheOptions { ExactBytesMax = 0, DurableTimeout = TimeSpan.FromMilliseconds(50) };
        await using SemanticCache cache = await OpenAsync(faulty, options: options);
        await cache.SetAsync(Ask("kept"), Bytes("kept"), null, Cancellation);
        await cache.FlushAsync(Cancellation);
        faulty.Hang = new TaskCompletionSource();
        await cache.SetAsync(Ask("waiting"), Bytes("waiting"), null, Cancellation);
        Assert.Equal("waiting", (await cache.GetAsync(Ask("waiting"), Cancellation)).GetString());
        await cache.RemoveAsync(Ask("kept"), Cancellation);
        faulty.Hang.SetResult();
        faulty.Hang = null;
        Assert.False((await cache.GetAsync(Ask("kept"), Cancellation)).IsHit);
        await cache.FlushAsync(Cancellation);
        Assert.False((await cache.GetAsync(Ask("kept"), Cancellation)).IsHit);
        Assert.Equal("waiting", (await cache.GetAsync(Ask("waiting"), Cancellation)).GetString());
    }

    [Fact]
    public async Task Disposing_drains_what_waits()
    {
        var store = new MemoryStore();
        SemanticCache cache = await OpenAsync(store);
        for (int i = 0; i < 1_000; i++)
            await cache.SetAsync(Ask($"question {i}"), Bytes("x"), null, Cancellation);
        await cache.DisposeAsync();
        Assert.Equal(1_000, (await store.GetStatisticsAsync(Cancellation)).EntryCount);
        CacheStatistics end = cache.GetStatistics();
        Assert.Equal((1_000, 1_000, 0, 0), (end.WritesIssued, end.WritesStored, end.WritesDropped, end.WritesPending));
    }

    [Fact]
    public async Task Disposing_with_a_store_that_hangs_ends_within_the_drain_timeout_and_tells_what_was_lost()
    {
        var store = new FaultyStore(new MemoryStore());
        SemanticCache cache = await OpenAsync(store, options: new SemanticCacheOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) });
        store.Hang = new TaskCompletionSource();
        for (int i = 0; i < 10; i++)
            await cache.SetAsync(Ask($"question {i}"), Bytes("x"), null, Cancellation);
        await Assert.ThrowsAsync<TimeoutException>(async () => await cache.FlushAsync(Cancellation));
        await cache.DisposeAsync();
        CacheStatistics end = cache.GetStatistics();
        Assert.Equal((10, 0, 10, 0), (end.WritesIssued, end.WritesStored, end.WritesDropped, end.WritesPending));
        store.Hang.SetResult();
    }

    [Fact]
    public async Task A_store_that_comes_back_gets_what_waited()
    {
        var inner = new MemoryStore();
        var store = new FaultyStore(inner);
        await using SemanticCache cache = await OpenAsync(store);
        store.Failure = new IOException("away");
        for (int i = 0; i < 50; i++)
            await cache.SetAsync(Ask($"question {i}"), Bytes("x"), null, Cancellation);
        store.Failure = null;
        await cache.FlushAsync(Cancellation);
        Assert.Equal(50, (await inner.GetStatisticsAsync(Cancellation)).EntryCount);
    }
}
