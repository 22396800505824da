using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Hits are timed without being slowed down by it: most read no clock, and the few that do stand for the others.</summary>
public sealed class LookupTimingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("what is the capital of France", HitKind.Exact, 256, 0)]
    [InlineData("tell me what is the capital of France", HitKind.Semantic, 16, 2)]
    public async Task One_hit_in_so_many_reads_the_clock_and_stands_for_the_others(string asked, HitKind kind, int period, int readingsInVain)
    {
        var time = new CountingTime();
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder(), services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("what is the capital of France"), Bytes("Paris"), null, Cancellation);
        CacheQuery query = new(Scope, asked) { Embedding = WordEmbedder.Embed(asked) };
        await cache.FlushAsync(Cancellation);
        int before = time.Readings;
        for (int i = 0; i < period * 20; i++)
            Assert.Equal(kind, (await cache.GetAsync(query, Cancellation)).Kind);

        // Each of the twenty reads it twice; what turns out to be no exact hit has read it once in vain in 256 times. The rest is room for what opening left to be done.
        Assert.InRange(time.Readings - before, 40 + readingsInVain, 40 + readingsInVain + 8);
        Assert.Equal(period * 20, cache.GetStatistics().HitLatency.Count);
    }

    [Fact]
    public async Task A_hit_for_which_the_store_was_read_is_always_timed()
    {
        var store = new MemoryStore();
        await using (SemanticCache first = await OpenAsync(store))
        {
            await first.SetAsync(Ask("q"), Bytes("x"), null, Cancellation);
            await first.FlushAsync(Cancellation);
        }

        await using SemanticCache second = await OpenAsync(store, options: new SemanticCacheOptions { ExactBytesMax = 0 });
        for (int i = 0; i < 5; i++)
            Assert.Equal(HitKind.Durable, (await second.GetAsync(Ask("q"), Cancellation)).Kind);
        Assert.Equal(5, second.GetStatistics().HitLatency.Count);
    }

    /// <summary>Its timers never fire: nothing reads it behind the lookups.</summary>
    private sealed class CountingTime : TimeProvider
    {
        private int _readings;

        internal int Readings => Volatile.Read(ref _readings);

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _readings);
            return base.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Increment(ref _readings);
            return base.GetUtcNow();
        }
    }
}
