using Microsoft.Extensions.Time.Testing;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>An embedder in trouble costs the first lookups its deadline, and the others nothing.</summary>
public sealed class EmbedderTests
{
    private const int RequestCount = 1_000;

    private readonly FakeTimeProvider _time = new();
    private readonly WordEmbedder _embedder = new();
    private readonly TaskCompletionSource _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hanging, deaf to cancellation")]
    [InlineData("slower than its deadline")]
    [InlineData("dead")]
    public async Task Of_a_thousand_requests_only_the_first_pay(string trouble)
    {
        await using SemanticCache cache = await OpenAsync();
        await cache.SetAsync(Ask("known") with { Embedding = WordEmbedder.Embed("known") }, Bytes("answer"), null, Cancellation);
        Bring(trouble);
        int waited = 0;
        for (int i = 0; i < RequestCount; i++)
        {
            ValueTask<CacheResult> lookup = cache.GetAsync(Ask($"question {i}"), Cancellation);
            if (!lookup.IsCompleted)
            {
                // Real time passes only while a lookup settles down to wait.
                for (int turn = 0; turn < 2_000 && !lookup.IsCompleted; turn++)
                {
                    await Task.Delay(1, Cancellation);
                    if (turn % 20 == 19)
                        _time.Advance(Defaults.EmbedTimeout);
                }

                waited++;
            }

            Assert.False((await lookup).IsHit);
            ValueTask<CacheResult> exact = cache.GetAsync(Ask("known"), Cancellation);
            Assert.True(exact.IsCompletedSuccessfully);
            Assert.Equal(HitKind.Exact, (await exact).Kind);
        }

        Assert.InRange(_embedder.Calls, 1, 10);
        Assert.InRange(waited, 0, 10);
        _answers.TrySetResult();
    }

    [Fact]
    public async Task Calls_that_never_return_do_not_pile_up()
    {
        await using SemanticCache cache = await OpenAsync();
        Bring("hanging, deaf to cancellation");
        for (int i = 0; i < 4 * Embedder.AbandonedMax; i++)
        {
            ValueTask<CacheResult> lookup = cache.GetAsync(Ask($"question {i}"), Cancellation);
            while (!lookup.IsCompleted)
            {
                _time.Advance(Defaults.EmbedTimeout);
                await Task.Yield();
            }

            await lookup;
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(Embedder.AbandonedMax, _embedder.Calls);
        _embedder.Before = null;
        _answers.SetResult();
        for (int i = 0; i < 1_000 && cache.GetStatistics().EmbeddingsComputed == 0; i++)
        {
            await cache.GetAsync(Ask($"later {i}"), Cancellation);
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(1, Cancellation);
        }

        Assert.InRange(cache.GetStatistics().EmbeddingsComputed, 1, long.MaxValue);
    }

    private static SemanticCacheOptions Defaults { get; } = new();

    private ValueTask<SemanticCache> OpenAsync() => Caches.OpenAsync(embedder: _embedder, services: new SemanticCacheServices { TimeProvider = _time });

    private void Bring(string trouble)
    {
        if (trouble == "dead")
            _embedder.Failure = new HttpRequestException("refused");
        else if (trouble == "slower than its deadline")
            _embedder.Before = token => Task.Delay(Defaults.EmbedTimeout + TimeSpan.FromSeconds(1), _time, token);
        else
            _embedder.Before = _ => _answers.Task;
    }
}
