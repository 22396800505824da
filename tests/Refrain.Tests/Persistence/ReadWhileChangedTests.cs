namespace Refrain.Tests;

/// <summary>A reader who was handed an entry just before it was removed or replaced does not bring it back.</summary>
public sealed class ReadWhileChangedTests
{
    private static readonly CacheQuery Query = new(CacheScope.Create("tenant", ("model", "m")), "question");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: what is removed while a lookup is under way is not served from then on. Method: the store hands out the entry it had, and the removal happens before the cache has got it.
    [Fact]
    public async Task An_entry_that_is_removed_while_it_is_being_read_does_not_stay()
    {
        var memory = new Reading();
        SemanticCache cache = await memory.OpenAsync();
        memory.Meanwhile = () => cache.RemoveAsync(Query, Cancellation).AsTask();

        await cache.GetAsync(Query, Cancellation);

        Assert.Null(memory.Meanwhile);
        Assert.False((await cache.GetAsync(Query, Cancellation)).IsHit);
        await cache.DisposeAsync();
    }

    [Fact]
    public async Task An_entry_that_is_replaced_while_it_is_being_read_does_not_come_back()
    {
        var memory = new Reading();
        SemanticCache cache = await memory.OpenAsync();
        memory.Meanwhile = async () =>
        {
            await cache.SetAsync(Query, "new"u8.ToArray(), cancellationToken: Cancellation);
            await cache.FlushAsync(Cancellation);
        };

        await cache.GetAsync(Query, Cancellation);

        Assert.Null(memory.Meanwhile);
        Assert.Equal("new", (await cache.GetAsync(Query, Cancellation)).GetString());
        await cache.DisposeAsync();
    }

    [Fact]
    public async Task An_entry_that_is_read_undisturbed_stays()
    {
        var memory = new Reading();
        SemanticCache cache = await memory.OpenAsync();
        Assert.Equal(HitKind.Durable, (await cache.GetAsync(Query, Cancellation)).Kind);
        Assert.Equal(HitKind.Exact, (await cache.GetAsync(Query, Cancellation)).Kind);
        await cache.DisposeAsync();
    }

    /// <summary>A store with one entry, and something that happens between its answer and the reader.</summary>
    private sealed class Reading
    {
        private readonly MemoryStore _store = new();

        public Func<Task>? Meanwhile { get; set; }

        public async Task<SemanticCache> OpenAsync()
        {
            await using (SemanticCache other = await SemanticCache.OpenAsync(new SemanticCacheOptions(), _store, cancellationToken: Cancellation))
                await other.SetAsync(Query, "old"u8.ToArray(), cancellationToken: Cancellation);
            var between = new FaultyStore(_store)
            {
                Alter = entry =>
                {
                    Func<Task>? meanwhile = Meanwhile;
                    Meanwhile = null;
                    meanwhile?.Invoke().GetAwaiter().GetResult();
                    return entry;
                },
            };
            return await SemanticCache.OpenAsync(new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30) }, between, cancellationToken: Cancellation);
        }
    }
}
