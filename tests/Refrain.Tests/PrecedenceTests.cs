using Microsoft.Extensions.Time.Testing;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>What is stored and removed while an embedding is being made: the last word counts, whoever's embedding comes last.</summary>
public sealed class PrecedenceTests
{
    private const string Text = "What is the capital of France?";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    public async Task An_answer_whose_embedding_was_slow_does_not_replace_a_later_one(long exactBytesMax)
    {
        var (embedder, slow) = SlowEmbedder();
        var store = new MemoryStore();
        await using (SemanticCache cache = await OpenAsync(store, embedder, new SemanticCacheOptions { ExactBytesMax = exactBytesMax }))
        {
            Task first = cache.SetAsync(Ask(Text), Bytes("old"), null, Cancellation).AsTask();
            await cache.SetAsync(Ask(Text) with { Embedding = WordEmbedder.Embed(Text) }, Bytes("new"), null, Cancellation);
            await cache.FlushAsync(Cancellation);
            slow.SetResult();
            await first;
            Assert.Equal("new", (await cache.GetAsync(Ask(Text), Cancellation)).GetString());
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store);
        Assert.Equal("new", (await restarted.GetAsync(Ask(Text), Cancellation)).GetString());
    }

    [Fact]
    public async Task An_answer_that_was_removed_while_it_was_embedded_does_not_come_back()
    {
        var (embedder, slow) = SlowEmbedder();
        await using SemanticCache cache = await OpenAsync(embedder: embedder);
        Task storing = cache.SetAsync(Ask(Text), Bytes("Paris"), null, Cancellation).AsTask();
        Assert.True((await cache.GetAsync(Ask(Text), Cancellation)).IsHit);
        Assert.True(await cache.RemoveAsync(AskExactly(Text), Cancellation));
        slow.SetResult();
        await storing;
        await cache.FlushAsync(Cancellation);
        Assert.False((await cache.GetAsync(Ask(Text), Cancellation)).IsHit);
    }

    [Fact]
    public async Task Of_two_answers_that_wait_for_their_embedding_the_later_is_kept()
    {
        // Whose embedding is there first is chance.
        for (int i = 0; i < 50; i++)
        {
            var (embedder, slow) = SlowEmbedder();
            await using SemanticCache cache = await OpenAsync(new MemoryStore(), embedder, new SemanticCacheOptions { ExactBytesMax = 0 });
            Task first = cache.SetAsync(Ask(Text), Bytes("old"), null, Cancellation).AsTask();
            Task second = cache.SetAsync(Ask(Text), Bytes("new"), null, Cancellation).AsTask();
            slow.SetResult();
            await Task.WhenAll(first, second);
            await cache.FlushAsync(Cancellation);
            Assert.Equal("new", (await cache.GetAsync(Ask(Text), Cancellation)).GetString());
            Assert.Equal(1, cache.GetStatistics().WritesIssued);
        }
    }

    [Fact]
    public async Task A_store_call_that_is_given_up_takes_nothing_from_the_later_one_that_still_waits()
    {
        var (embedder, slow) = SlowEmbedder();
        var store = new MemoryStore();
        await using (SemanticCache cache = await OpenAsync(store, embedder))
        {
            using var leaving = new CancellationTokenSource();
            Task first = cache.SetAsync(Ask(Text), Bytes("old"), null, leaving.Token).AsTask();
            Task second = cache.SetAsync(Ask(Text), Bytes("new"), null, Cancellation).AsTask();
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
            slow.SetResult();
            await second;
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store);
        Assert.Equal("new", (await restarted.GetAsync(Ask(Text), Cancellation)).GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_began_to_be_made_before_another_was_stored_does_not_replace_it(bool isEmbedded)
    {
        var store = new MemoryStore();
        await using (SemanticCache cache = await OpenAsync(store, isEmbedded ? new WordEmbedder() : null))
        {
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<CacheResult> making = cache.GetOrCreateAsync(Ask(Text), Gated("old", began, gate), Cancellation).AsTask();
            await began.Task;
            await cache.SetAsync(Ask(Text), Bytes("new"), null, Cancellation);
            await cache.FlushAsync(Cancellation);
            gate.SetResult();
            Assert.Equal("old", (await making).GetString());
            Assert.Equal("new", (await cache.GetAsync(Ask(Text), Cancellation)).GetString());
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store);
        Assert.Equal("new", (await restarted.GetAsync(Ask(Text), Cancellation)).GetString());
    }

    [Fact]
    public async Task A_stale_answer_that_is_made_anew_does_not_replace_one_that_was_stored_meanwhile()
    {
        var time = new FakeTimeProvider();
        var store = new MemoryStore(time);
        await using (SemanticCache cache = await OpenAsync(store, services: new SemanticCacheServices { TimeProvider = time }))
        {
            var options = new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(1), StaleWhileRevalidate = TimeSpan.FromMinutes(1) };
            await cache.SetAsync(Ask(Text), Bytes("stale"), options, Cancellation);
            time.Advance(TimeSpan.FromMinutes(1));
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Assert.Equal("stale", (await cache.GetOrCreateAsync(Ask(Text), Gated("renewed", began, gate), Cancellation)).GetString());
            await began.Task;
            await cache.SetAsync(Ask(Text), Bytes("new"), null, Cancellation);
            await cache.FlushAsync(Cancellation);
            gate.SetResult();
            while (cache.IsRefreshing)
                await Task.Delay(1, Cancellation);
            Assert.Equal("new", (await cache.GetAsync(Ask(Text), Cancellation)).GetString());
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store, services: new SemanticCacheServices { TimeProvider = time });
        Assert.Equal("new", (await restarted.GetAsync(Ask(Text), Cancellation)).GetString());
    }

    [Fact]
    public async Task An_embedding_is_of_no_use_to_a_cache_without_a_semantic_tier_and_does_no_harm()
    {
        await using SemanticCache cache = await OpenAsync();
        await cache.SetAsync(Ask(Text) with { Embedding = WordEmbedder.Embed(Text) }, Bytes("Paris"), null, Cancellation);
        Assert.Equal("Paris", (await cache.GetAsync(Ask(Text) with { Embedding = WordEmbedder.Embed(Text) }, Cancellation)).GetString());
    }

    private static Func<CancellationToken, ValueTask<CacheAnswer>> Gated(string answer, TaskCompletionSource began, TaskCompletionSource gate) => async cancellation =>
    {
        began.SetResult();
        await gate.Task.WaitAsync(cancellation);
        return new CacheAnswer(Bytes(answer));
    };

    private static (WordEmbedder Embedder, TaskCompletionSource Slow) SlowEmbedder()
    {
        var slow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (new WordEmbedder { Before = _ => slow.Task }, slow);
    }
}
