using Microsoft.Extensions.Time.Testing;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Answers end by time that passes, not by what the machine's clock is set to.</summary>
public sealed class TimeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Setting_the_clock_forward_expires_nothing_in_a_running_cache()
    {
        var time = new SettableTime();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(TimeProvider.System), services: new SemanticCacheServices { TimeProvider = time });
        for (int i = 0; i < 100; i++)
            await cache.SetAsync(Ask($"question {i}"), Bytes("x"), null, Cancellation);
        time.WallOffset = TimeSpan.FromDays(3650);
        for (int i = 0; i < 100; i++)
            Assert.True((await cache.GetAsync(Ask($"question {i}"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task Setting_the_clock_forward_takes_no_near_text_from_a_running_cache()
    {
        var time = new SettableTime();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(TimeProvider.System), new WordEmbedder(), services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("please tell me what is the capital of France"), Bytes("Paris"), null, Cancellation);
        time.WallOffset = TimeSpan.FromDays(3650);
        Assert.Equal(HitKind.Semantic, (await cache.GetAsync(Ask("tell me what is the capital of France"), Cancellation)).Kind);
    }

    [Fact]
    public async Task A_near_text_is_not_served_once_it_has_ended()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), new WordEmbedder(), services: new SemanticCacheServices { TimeProvider = time });
        var options = new CacheEntryOptions { TimeToLive = TimeSpan.FromMilliseconds(300) };
        await cache.SetAsync(Ask("please tell me what is the capital of France"), Bytes("Paris"), options, Cancellation);
        CacheQuery near = new(Scope, "tell me what is the capital of France") { Embedding = WordEmbedder.Embed("tell me what is the capital of France") };
        time.Advance(TimeSpan.FromMilliseconds(299));
        Assert.True((await cache.GetAsync(near, Cancellation)).IsHit);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False((await cache.GetAsync(near, Cancellation)).IsHit);
    }

    // Goal: what has ended is not served although the timer that notes the time is starved. Method: a time whose timers never fire, and answers of other questions that are stored or asked for.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_ends_though_no_timer_fires(bool isStoring)
    {
        var time = new SettableTime { FiresTimers = false };
        await using SemanticCache cache = await OpenAsync(new MemoryStore(TimeProvider.System), services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("q"), Bytes("x"), new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(1) }, Cancellation);
        time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.True((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
        time.Advance(TimeSpan.FromTicks(1));
        if (isStoring)
            await cache.SetAsync(Ask("another"), Bytes("x"), null, Cancellation);
        else
            await cache.GetAsync(Ask("another"), Cancellation);
        Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task Setting_the_clock_back_makes_nothing_last_for_ever()
    {
        var time = new SettableTime();
        var store = new MemoryStore(new FakeTimeProvider());
        await using (SemanticCache cache = await OpenAsync(store, services: new SemanticCacheServices { TimeProvider = time }))
        {
            await cache.SetAsync(Ask("q"), Bytes("x"), new CacheEntryOptions { TimeToLive = TimeSpan.FromHours(1) }, Cancellation);
            time.WallOffset = TimeSpan.FromDays(-3650);
            time.Advance(TimeSpan.FromHours(1));
            Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
            await cache.SetAsync(Ask("r"), Bytes("x"), new CacheEntryOptions { TimeToLive = TimeSpan.FromHours(1) }, Cancellation);
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store, services: new SemanticCacheServices { TimeProvider = time });
        Assert.True((await restarted.GetAsync(Ask("r"), Cancellation)).IsHit);
        time.Advance(TimeSpan.FromHours(1));
        Assert.False((await restarted.GetAsync(Ask("r"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task No_answer_outlives_the_cap_whatever_its_options_say()
    {
        var time = new FakeTimeProvider();
        var options = new SemanticCacheOptions { TimeToLiveMax = TimeSpan.FromHours(2) };
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), options: options, services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("q"), Bytes("x"), new CacheEntryOptions { TimeToLive = TimeSpan.MaxValue }, Cancellation);
        time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromTicks(1));
        Assert.True((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1_500)]
    public async Task An_idle_answer_ends_and_each_hit_puts_its_end_off_but_not_beyond_its_time(int room)
    {
        var time = new FakeTimeProvider();
        var store = new MemoryStore(time);
        var services = new SemanticCacheServices { TimeProvider = time };
        await using SemanticCache cache = await OpenAsync(store, new WordEmbedder(), new SemanticCacheOptions { ExactBytesMax = room }, services);
        var options = new CacheEntryOptions { TimeToLive = TimeSpan.FromHours(1), IdleTimeToLive = TimeSpan.FromMinutes(8) };
        await cache.SetAsync(Ask("what is asked"), Bytes("asked"), options, Cancellation);
        await cache.SetAsync(Ask("something wholly different"), Bytes("idle"), options, Cancellation);
        for (int minute = 5; minute < 60; minute += 5)
        {
            time.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal("asked", (await cache.GetAsync(minute % 2 == 0 ? Ask("what is asked") : Ask("What is asked?"), Cancellation)).GetString());
        }

        Assert.False((await cache.GetAsync(Ask("something wholly different"), Cancellation)).IsHit);

        // What was put off here is put off in the store.
        await cache.FlushAsync(Cancellation);
        await using (SemanticCache other = await OpenAsync(store, new WordEmbedder(), services: services))
            Assert.Equal("asked", (await other.GetAsync(Ask("what is asked"), Cancellation)).GetString());
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.False((await cache.GetAsync(Ask("what is asked"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task What_is_put_off_does_not_bring_back_what_was_replaced_or_removed()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), services: new SemanticCacheServices { TimeProvider = time });
        var options = new CacheEntryOptions { IdleTimeToLive = TimeSpan.FromMinutes(8) };
        for (int i = 0; i < 50; i++)
        {
            await cache.SetAsync(Ask("q"), Bytes("old"), options, Cancellation);
            time.Advance(TimeSpan.FromMinutes(4));
            Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await cache.GetAsync(Ask("q"), Cancellation)))];
            if (i % 2 == 0)
                await cache.RemoveAsync(Ask("q"), Cancellation);
            else
                await cache.SetAsync(Ask("q"), Bytes("new"), null, Cancellation);
            await Task.WhenAll(readers);
            await cache.FlushAsync(Cancellation);
            Assert.Equal(i % 2 == 0 ? "" : "new", (await cache.GetAsync(Ask("q"), Cancellation)).GetString());
        }
    }

    [Fact]
    public async Task What_has_ended_takes_no_memory_though_nobody_asks_for_it()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), services: new SemanticCacheServices { TimeProvider = time });
        for (int i = 0; i < 1_000; i++)
            await cache.SetAsync(Ask($"question {i}"), Bytes("x"), new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(1 + (i % 2)) }, Cancellation);
        time.Advance(TimeSpan.FromSeconds(62));
        Assert.Equal(500, cache.GetStatistics().ExactEntries);
        time.Advance(TimeSpan.FromSeconds(62));
        Assert.Equal((0, 0), (cache.GetStatistics().ExactEntries, cache.GetStatistics().ExactBytes));
    }

    [Fact]
    public async Task Hits_do_not_lengthen_an_answers_life()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("q"), Bytes("x"), new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(10) }, Cancellation);
        for (int i = 0; i < 9; i++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            CacheResult hit = await cache.GetAsync(Ask("q"), Cancellation);
            Assert.True(hit.IsHit);
            Assert.Equal(TimeSpan.FromMinutes(i + 1), hit.Age);
        }

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task A_stale_answer_is_served_at_once_and_made_anew_behind_it()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), services: new SemanticCacheServices { TimeProvider = time });
        var options = new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(1), StaleWhileRevalidate = TimeSpan.FromMinutes(1) };
        int calls = 0;
        ValueTask<CacheAnswer> Make(CancellationToken token) => new(new CacheAnswer(Bytes($"answer {Interlocked.Increment(ref calls)}"), options));
        await cache.GetOrCreateAsync(Ask("q"), Make, Cancellation);
        time.Advance(TimeSpan.FromMinutes(1));
        CacheResult stale = await cache.GetOrCreateAsync(Ask("q"), Make, Cancellation);
        Assert.Equal("answer 1", stale.GetString());
        Assert.Equal(HitKind.Exact, stale.Kind);
        while (cache.IsRefreshing)
            await Task.Delay(1, Cancellation);
        CacheResult fresh = await cache.GetAsync(Ask("q"), Cancellation);
        Assert.Equal(("answer 2", false), (fresh.GetString(), fresh.IsStale));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await cache.GetAsync(Ask("q"), Cancellation)).IsStale);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_stale_answer_that_cannot_be_made_anew_is_served_until_it_ends()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), services: new SemanticCacheServices { TimeProvider = time });
        var options = new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(1), StaleWhileRevalidate = TimeSpan.FromMinutes(1) };
        await cache.SetAsync(Ask("q"), Bytes("old"), options, Cancellation);
        time.Advance(TimeSpan.FromMinutes(1));
        static ValueTask<CacheAnswer> Fail(CancellationToken token) => throw new IOException("upstream");
        Assert.Equal("old", (await cache.GetOrCreateAsync(Ask("q"), Fail, Cancellation)).GetString());
        while (cache.IsRefreshing)
            await Task.Delay(1, Cancellation);
        Assert.Equal(1, cache.GetStatistics().RefreshFailures);
        time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<IOException>(async () => await cache.GetOrCreateAsync(Ask("q"), Fail, Cancellation));
    }

    [Fact]
    public async Task A_failure_is_remembered_only_where_that_was_asked_for_and_only_so_long()
    {
        var time = new FakeTimeProvider();
        var options = new SemanticCacheOptions { FailureTimeToLive = TimeSpan.FromSeconds(5) };
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), options: options, services: new SemanticCacheServices { TimeProvider = time });
        int calls = 0;
        ValueTask<CacheAnswer> Fail(CancellationToken token) => throw new IOException($"failure {++calls}");
        for (int i = 0; i < 3; i++)
            Assert.Equal("failure 1", (await Assert.ThrowsAsync<IOException>(async () => await cache.GetOrCreateAsync(Ask("q"), Fail, Cancellation))).Message);
        await Assert.ThrowsAsync<IOException>(async () => await cache.GetOrCreateAsync(Ask("another"), Fail, Cancellation));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("failure 3", (await Assert.ThrowsAsync<IOException>(async () => await cache.GetOrCreateAsync(Ask("q"), Fail, Cancellation))).Message);
    }

    [Fact]
    public async Task Jitter_spreads_the_ends_of_what_was_stored_together_and_lengthens_none()
    {
        var time = new FakeTimeProvider();
        var options = new SemanticCacheOptions { TimeToLive = TimeSpan.FromMinutes(100), TimeToLiveJitter = 0.2 };
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), options: options, services: new SemanticCacheServices { TimeProvider = time });
        for (int i = 0; i < 400; i++)
            await cache.SetAsync(Ask($"question {i}"), Bytes("x"), null, Cancellation);
        int[] alive = new int[3];
        for (int at = 0; at < 3; at++)
        {
            time.Advance(TimeSpan.FromMinutes(at == 0 ? 79 : at == 1 ? 11 : 10));
            for (int i = 0; i < 400; i++)
                alive[at] += (await cache.GetAsync(Ask($"question {i}"), Cancellation)).IsHit ? 1 : 0;
        }

        Assert.Equal(400, alive[0]);
        Assert.InRange(alive[1], 120, 280);
        Assert.Equal(0, alive[2]);
    }

    /// <summary>A time of day that can be set, beside a monotonic counter that cannot.</summary>
    private sealed class SettableTime : TimeProvider
    {
        private readonly FakeTimeProvider _monotonic = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));

        public TimeSpan WallOffset { get; set; }

        public bool FiresTimers { get; init; } = true;

        public override long TimestampFrequency => _monotonic.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _monotonic.GetUtcNow() + WallOffset;

        public override long GetTimestamp() => _monotonic.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            FiresTimers ? _monotonic.CreateTimer(callback, state, dueTime, period) : _monotonic.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public void Advance(TimeSpan span) => _monotonic.Advance(span);
    }
}
