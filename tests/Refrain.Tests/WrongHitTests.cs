using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>An answer that was reported as wrong is not given again.</summary>
public sealed class WrongHitTests
{
    private const string Stored = "maple river stone cloud";
    private const string Asked = "cloud stone river maple";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_texts_that_were_mistaken_for_each_other_never_answer_each_other_again()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        CacheResult wrong = await MistakeAsync(cache);
        await cache.ReportWrongHitAsync(Ask(Asked), wrong, cancellationToken: Cancellation);

        CacheResult again = await cache.GetAsync(Ask(Asked), Cancellation);
        Assert.Equal((HitKind.None, Guards.Reported), (again.Kind, again.RefusedBy));
        Assert.Equal(HitKind.Exact, (await cache.GetAsync(Ask(Stored), Cancellation)).Kind);
        Assert.Equal(1, cache.GetStatistics().WrongHitsReported);
        Assert.Equal(1, cache.GetStatistics().Refusals[Guards.Reported]);
    }

    [Fact]
    public async Task Nor_do_they_the_other_way_round_or_without_guards()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.ReportWrongHitAsync(Ask(Asked), await MistakeAsync(cache), cancellationToken: Cancellation);
        await cache.RemoveAsync(Ask(Stored), Cancellation);
        await cache.SetAsync(Ask(Asked), Bytes("right"), null, Cancellation);
        CacheQuery unguarded = Ask(Stored) with { Policy = new HitPolicy { Guards = Guards.None } };
        Assert.Equal(Guards.Reported, (await cache.GetAsync(unguarded, Cancellation)).RefusedBy);
    }

    [Fact]
    public async Task A_third_text_as_near_still_answers()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.ReportWrongHitAsync(Ask(Asked), await MistakeAsync(cache), cancellationToken: Cancellation);
        await cache.SetAsync(Ask("river maple cloud stone"), Bytes("other"), null, Cancellation);
        Assert.Equal("other", (await cache.GetAsync(Ask(Asked), Cancellation)).GetString());
    }

    [Fact]
    public async Task The_pair_is_remembered_after_a_restart()
    {
        var store = new MemoryStore();
        await using (SemanticCache cache = await OpenAsync(store, new WordEmbedder()))
        {
            await cache.ReportWrongHitAsync(Ask(Asked), await MistakeAsync(cache), cancellationToken: Cancellation);
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store, new WordEmbedder());
        await restarted.SetAsync(Ask(Stored), Bytes("made anew"), null, Cancellation);
        Assert.Equal(Guards.Reported, (await restarted.GetAsync(Ask(Asked), Cancellation)).RefusedBy);
    }

    [Fact]
    public async Task A_report_made_before_the_store_ever_answered_holds_under_the_stores_own_seed()
    {
        var store = new MemoryStore();
        var faulty = new FaultyStore(store) { Failure = new IOException("absent") };
        await using (SemanticCache cache = await OpenAsync(faulty, new WordEmbedder()))
        {
            await cache.ReportWrongHitAsync(Ask(Asked), await MistakeAsync(cache), cancellationToken: Cancellation);
            faulty.Failure = null;
            for (int i = 0; i < 12_000 && (await store.GetEpochsAsync(Cancellation)).Count == 0; i++)
                await Task.Delay(25, Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store, new WordEmbedder());
        await restarted.SetAsync(Ask(Stored), Bytes("made anew"), null, Cancellation);
        Assert.Equal(Guards.Reported, (await restarted.GetAsync(Ask(Asked), Cancellation)).RefusedBy);
    }

    [Fact]
    public async Task The_right_answer_takes_the_place_of_the_wrong_one()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.ReportWrongHitAsync(Ask(Asked), await MistakeAsync(cache), new CacheAnswer(Bytes("right")), Cancellation);
        Assert.Equal("right", (await cache.GetAsync(Ask(Asked), Cancellation)).GetString());
        Assert.Equal("x", (await cache.GetAsync(Ask(Stored), Cancellation)).GetString());
    }

    [Fact]
    public async Task A_wrong_answer_to_the_very_same_request_is_removed_everywhere()
    {
        var store = new MemoryStore();
        await using (SemanticCache cache = await OpenAsync(store, new WordEmbedder()))
        {
            await cache.SetAsync(Ask(Stored), Bytes("wrong"), null, Cancellation);
            await cache.ReportWrongHitAsync(Ask(Stored), await cache.GetAsync(Ask(Stored), Cancellation), cancellationToken: Cancellation);
            Assert.False((await cache.GetAsync(Ask(Stored), Cancellation)).IsHit);
            await cache.FlushAsync(Cancellation);
        }

        await using SemanticCache restarted = await OpenAsync(store, new WordEmbedder());
        Assert.False((await restarted.GetAsync(Ask(Stored), Cancellation)).IsHit);
    }

    [Fact]
    public async Task A_miss_or_a_hit_of_another_scope_cannot_be_reported()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        CacheResult wrong = await MistakeAsync(cache);
        await Assert.ThrowsAsync<ArgumentException>(async () => await cache.ReportWrongHitAsync(Ask(Asked), default, cancellationToken: Cancellation));
        var elsewhere = new CacheQuery(CacheScope.Create("stranger"), Asked);
        await Assert.ThrowsAsync<ArgumentException>(async () => await cache.ReportWrongHitAsync(elsewhere, wrong, cancellationToken: Cancellation));
    }

    private static async Task<CacheResult> MistakeAsync(SemanticCache cache)
    {
        await cache.SetAsync(Ask(Stored), Bytes("x"), null, Cancellation);
        CacheResult wrong = await cache.GetAsync(Ask(Asked), Cancellation);
        Assert.Equal(HitKind.Semantic, wrong.Kind);
        return wrong;
    }
}
