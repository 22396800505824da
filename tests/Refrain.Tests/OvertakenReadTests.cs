using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>A read of the store that something overtakes: whoever began it may be given the old answer, nobody after him is.</summary>
public sealed class OvertakenReadTests
{
    private static readonly CacheQuery Question = AskExactly("What is the capital of France?");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_newer_answer_is_not_replaced_by_the_older_one_that_was_being_read()
    {
        var store = new FaultyStore(await StoreWithAsync("old"));
        await using SemanticCache cache = await OpenAsync(store, options: new SemanticCacheOptions { DurableTimeout = TimeSpan.FromMinutes(1) });
        Task<CacheResult> reading = BeginReading(store, cache);
        await cache.SetAsync(Question, Bytes("new"), cancellationToken: Cancellation);
        await EndReadingAsync(store, reading);
        Assert.Equal("new", (await cache.GetAsync(Question, Cancellation)).GetString());
    }

    [Fact]
    public async Task A_removed_answer_does_not_come_back_with_a_read_that_was_under_way()
    {
        var store = new FaultyStore(await StoreWithAsync("old"));
        await using SemanticCache cache = await OpenAsync(store, options: new SemanticCacheOptions { DurableTimeout = TimeSpan.FromMinutes(1) });
        Task<CacheResult> reading = BeginReading(store, cache);
        await cache.RemoveAsync(Question, Cancellation);
        await EndReadingAsync(store, reading);
        Assert.False((await cache.GetAsync(Question, Cancellation)).IsHit);
    }

    [Fact]
    public async Task An_answer_that_left_the_table_at_once_is_not_hidden_by_the_older_one()
    {
        // Too large for the table: only the store holds it.
        var store = new FaultyStore(await StoreWithAsync("old"));
        await using SemanticCache cache = await OpenAsync(store, options: new SemanticCacheOptions { DurableTimeout = TimeSpan.FromMinutes(1), ExactBytesMax = 4_096 });
        Task<CacheResult> reading = BeginReading(store, cache);
        string large = new('n', 8_192);
        await cache.SetAsync(Question, Bytes(large), cancellationToken: Cancellation);
        await EndReadingAsync(store, reading);
        Assert.Equal(large, (await cache.GetAsync(Question, Cancellation)).GetString());
    }

    private static async Task<MemoryStore> StoreWithAsync(string answer)
    {
        var store = new MemoryStore();
        await using SemanticCache before = await OpenAsync(store);
        await before.SetAsync(Question, Bytes(answer), cancellationToken: Cancellation);
        await before.FlushAsync(Cancellation);
        return store;
    }

    private static Task<CacheResult> BeginReading(FaultyStore store, SemanticCache cache)
    {
        store.HoldReply = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return cache.GetAsync(Question, Cancellation).AsTask();
    }

    private static async Task EndReadingAsync(FaultyStore store, Task<CacheResult> reading)
    {
        TaskCompletionSource hold = store.HoldReply!;
        store.HoldReply = null;
        hold.SetResult();
        Assert.Equal("old", (await reading).GetString());
    }
}
