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

    /// <summary>A time of day that can be set, beside a monotonic counter that cannot.</summary>
    private sealed class SettableTime : TimeProvider
    {
        private readonly FakeTimeProvider _monotonic = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));

        public TimeSpan WallOffset { get; set; }

        public override long TimestampFrequency => _monotonic.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _monotonic.GetUtcNow() + WallOffset;

        public override long GetTimestamp() => _monotonic.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _monotonic.CreateTimer(callback, state, dueTime, period);

        public void Advance(TimeSpan span) => _monotonic.Advance(span);
    }
}
