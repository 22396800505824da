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
        string[] questions = ["maple river stone cloud", "cloud stone river maple", "river maple cloud stone", "something else entirely here"];
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
        foreach (string question in new[] { "maple river stone cloud", "cloud stone river maple" })
            await cache.GetOrCreateAsync(Shadow(question), _ => new(new CacheAnswer(Bytes(question))), Cancellation);
        Assert.Equal("cloud stone river maple", (await cache.GetAsync(Ask("cloud stone river maple"), Cancellation)).GetString());
        Assert.Equal(HitKind.Semantic, (await cache.GetAsync(Ask("river cloud maple stone"), Cancellation)).Kind);
    }

    [Fact]
    public async Task A_miss_in_shadow_tells_what_would_have_answered_it()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("please send 5 dollars to maple and river and stone"), Bytes("x"), null, Cancellation);
        CacheResult near = await cache.GetAsync(Shadow("please send 5 dollars to stone and river and maple"), Cancellation);
        CacheResult refused = await cache.GetAsync(Shadow("please send 6 dollars to maple and river and stone"), Cancellation);
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
