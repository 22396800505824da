using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>A tier that fails is a miss, counted and logged once; no exception of it reaches the caller.</summary>
public sealed class FailingTierTests
{
    private static readonly SemanticCacheOptions Quick = new() { DurableTimeout = TimeSpan.FromMilliseconds(30), EmbedTimeout = TimeSpan.FromMilliseconds(30), DrainTimeout = TimeSpan.FromMilliseconds(500) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_that_fails_is_a_miss_logged_once_and_memory_goes_on()
    {
        var logs = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(logs)));
        var store = new FaultyStore(new MemoryStore());
        await using SemanticCache cache = await OpenAsync(store, options: Quick, services: new SemanticCacheServices { LoggerFactory = loggers });
        store.Failure = new IOException("down");
        for (int i = 0; i < 20; i++)
            Assert.False((await cache.GetAsync(Ask($"question {i}"), Cancellation)).IsHit);
        await cache.SetAsync(Ask("q"), Bytes("a"), null, Cancellation);
        Assert.Equal(HitKind.Exact, (await cache.GetAsync(Ask("q"), Cancellation)).Kind);

        // Three, and one more whenever it is tried again: on a machine that stands still now and then, that is not only once.
        Assert.InRange(cache.GetStatistics().DurableFailures, 1, 15);
        Assert.Single(logs.GetSnapshot(), static record => record.Level == LogLevel.Warning);
        Assert.DoesNotContain(logs.GetSnapshot(), static record => record.Message.Contains("question", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_hangs_costs_its_deadline_and_then_nothing()
    {
        var store = new FaultyStore(new MemoryStore());
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(store, options: Quick, services: new SemanticCacheServices { TimeProvider = time });
        store.Hang = new TaskCompletionSource();
        for (int i = 0; i < 3; i++)
        {
            ValueTask<CacheResult> lookup = cache.GetAsync(Ask($"question {i}"), Cancellation);
            Assert.False(lookup.IsCompleted);
            time.Advance(Quick.DurableTimeout);
            Assert.False((await lookup).IsHit);
        }

        int calls = store.Calls;
        Assert.False((await cache.GetAsync(Ask("another"), Cancellation)).IsHit);
        Assert.Equal(calls, store.Calls);
        store.Hang.SetResult();
        store.Hang = null;
    }

    [Fact]
    public async Task A_store_that_hands_over_anothers_entry_or_damaged_bytes_is_not_believed()
    {
        var store = new MemoryStore();
        var faulty = new FaultyStore(store);
        await using (SemanticCache first = await OpenAsync(store))
        {
            await first.SetAsync(Ask("mine"), Bytes("mine"), null, Cancellation);
            await first.SetAsync(Ask("theirs"), Bytes("theirs"), null, Cancellation);
            await first.FlushAsync(Cancellation);
        }

        await using SemanticCache cache = await OpenAsync(faulty);
        StoredEntry theirs = (await store.GetAsync(cache.KeyOf(Ask("theirs")), Cancellation))!.Value;
        faulty.Alter = _ => theirs;
        Assert.False((await cache.GetAsync(Ask("mine"), Cancellation)).IsHit);
        faulty.Alter = entry => entry!.Value with { Value = entry.Value.Value[..^1] };
        Assert.False((await cache.GetAsync(Ask("mine"), Cancellation)).IsHit);
        Assert.Equal(2, cache.GetStatistics().EntriesRejected);
        faulty.Alter = null;
        Assert.Equal("mine", (await cache.GetAsync(Ask("mine"), Cancellation)).GetString());
    }

    [Fact]
    public async Task A_store_absent_at_start_is_done_without_and_taken_up_when_it_answers()
    {
        var store = new MemoryStore();
        await using (SemanticCache earlier = await OpenAsync(store))
        {
            await earlier.SetAsync(Ask("earlier"), Bytes("kept"), null, Cancellation);
            await earlier.FlushAsync(Cancellation);
        }

        var faulty = new FaultyStore(store) { Failure = new IOException("absent") };
        await using SemanticCache cache = await OpenAsync(faulty, new WordEmbedder());
        Assert.False((await cache.GetAsync(Ask("earlier"), Cancellation)).IsHit);
        await cache.SetAsync(Ask("meanwhile"), Bytes("in memory"), null, Cancellation);
        Assert.Equal(HitKind.Exact, (await cache.GetAsync(Ask("meanwhile"), Cancellation)).Kind);
        faulty.Failure = null;
        for (int i = 0; i < 12_000 && !(await cache.GetAsync(AskExactly("earlier"), Cancellation)).IsHit; i++)
            await Task.Delay(25, Cancellation);
        Assert.True((await cache.GetAsync(AskExactly("earlier"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task An_embedder_that_fails_hangs_or_lies_is_a_miss()
    {
        var embedder = new WordEmbedder();
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(embedder: embedder, options: Quick, services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("maple river stone"), Bytes("x"), null, Cancellation);
        embedder.Failure = new HttpRequestException("down");
        Assert.False((await cache.GetAsync(Ask("stone river maple"), Cancellation)).IsHit);
        embedder.Failure = null;
        embedder.Before = static _ => new TaskCompletionSource().Task;
        ValueTask<CacheResult> hanging = cache.GetAsync(Ask("river maple stone"), Cancellation);
        Assert.False(hanging.IsCompleted);
        time.Advance(Quick.EmbedTimeout);
        Assert.False((await hanging).IsHit);
        embedder.Before = null;
        embedder.Instead = static _ => new float[128];
        Assert.False((await cache.GetAsync(Ask("river stone maple"), Cancellation)).IsHit);
        Assert.Equal(3, cache.GetStatistics().EmbeddingFailures);
        int calls = embedder.Calls;
        Assert.False((await cache.GetAsync(Ask("maple stone river"), Cancellation)).IsHit);
        Assert.Equal(calls, embedder.Calls);
        Assert.Equal(HitKind.Exact, (await cache.GetAsync(Ask("maple river stone"), Cancellation)).Kind);
    }

    [Fact]
    public async Task A_hundred_lookups_of_one_text_embed_it_once()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var embedder = new WordEmbedder { Before = _ => gate.Task };
        await using SemanticCache cache = await OpenAsync(embedder: embedder);
        Task<CacheResult>[] lookups = [.. Enumerable.Range(0, 100).Select(_ => cache.GetAsync(Ask("maple river"), Cancellation).AsTask())];
        gate.SetResult();
        await Task.WhenAll(lookups);
        Assert.Equal(1, embedder.Calls);
        CacheStatistics statistics = cache.GetStatistics();
        Assert.Equal((1, 99), (statistics.EmbeddingsComputed, statistics.EmbeddingsSaved));
    }

    [Fact]
    public async Task A_callers_own_cancellation_is_its_own()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var embedder = new WordEmbedder { Before = _ => gate.Task };
        await using SemanticCache cache = await OpenAsync(embedder: embedder);
        using var leaving = new CancellationTokenSource();
        Task<CacheResult> leaver = cache.GetAsync(Ask("maple river"), leaving.Token).AsTask();
        Task<CacheResult> stayer = cache.GetAsync(Ask("maple river"), Cancellation).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        gate.SetResult();
        Assert.False((await stayer).IsHit);
        Assert.Equal(0, cache.GetStatistics().EmbeddingFailures);
    }

    [Fact]
    public async Task An_embedder_that_does_not_tell_its_dimensions_is_refused_when_the_cache_opens()
    {
        using var mute = new MuteEmbedder();
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(async () => await SemanticCache.OpenAsync(new SemanticCacheOptions(), new MemoryStore(), mute, cancellationToken: Cancellation));
        Assert.Contains("DefaultModelDimensions", exception.Message, StringComparison.Ordinal);
    }

    private sealed class MuteEmbedder : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>());

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
