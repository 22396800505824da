using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Shadow mode: what near texts would answer is measured, and none of it is served.</summary>
public sealed class ShadowTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CacheQuery Shadow(string text) => Ask(text) with { Policy = new HitPolicy { Shadow = true } };

    [Fact]
    public async Task Every_question_is_answered_by_its_maker_and_every_hit_is_counted()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder(), services: new SemanticCacheServices { MeterFactory = factory });
        string[] questions = ["one two three four", "four three two one", "two one four three", "something else entirely here"];
        int made = 0;
        foreach (string question in questions)
        {
            CacheResult answer = await cache.GetOrCreateAsync(Shadow(question), _ => new(new CacheAnswer(Bytes($"answer {++made}"))), Cancellation);
            Assert.False(answer.IsHit);
            Assert.Equal($"answer {made}", answer.GetString());
        }

        Assert.Equal(questions.Length, made);
        CacheStatistics statistics = cache.GetStatistics();
        Assert.Equal((2, questions.Length, 0, 0), (statistics.ShadowHits, statistics.Misses, statistics.SemanticHits, (int)statistics.Saved));
        Assert.Equal(2, Collected(factory, "refrain.shadow_hits"));
        Assert.Equal(questions.Length, statistics.IndexedEntries);
    }

    [Fact]
    public async Task What_was_made_in_shadow_answers_its_own_request_when_the_shadow_is_lifted()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        foreach (string question in new[] { "one two three four", "four three two one" })
            await cache.GetOrCreateAsync(Shadow(question), _ => new(new CacheAnswer(Bytes(question))), Cancellation);
        Assert.Equal("four three two one", (await cache.GetAsync(Ask("four three two one"), Cancellation)).GetString());
        Assert.Equal(HitKind.Semantic, (await cache.GetAsync(Ask("two four one three"), Cancellation)).Kind);
    }

    [Fact]
    public async Task A_miss_in_shadow_tells_what_would_have_answered_it()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("please send 5 dollars to one and two and three"), Bytes("x"), null, Cancellation);
        CacheResult near = await cache.GetAsync(Shadow("please send 5 dollars to three and two and one"), Cancellation);
        CacheResult refused = await cache.GetAsync(Shadow("please send 6 dollars to one and two and three"), Cancellation);
        Assert.Equal((false, Guards.None), (near.IsHit, near.RefusedBy));
        Assert.InRange(near.Similarity, cache.SimilarityThreshold, 1.001f);
        Assert.Equal((false, Guards.Currency), (refused.IsHit, refused.RefusedBy));
        Assert.Equal((1, 1), (cache.GetStatistics().ShadowHits, cache.GetStatistics().GuardRefusals));
    }

    private static long Collected(IMeterFactory factory, string name)
    {
        long sum = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name == name)
                me.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sum += value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sum;
    }
}
