using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Nothing that was invalidated is served once the call has returned, in any tier, then or after a restart.</summary>
public sealed class InvalidationTests
{
    private static readonly CacheScope Other = CacheScope.Create("tenant", ("model", "m-2"));
    private static readonly CacheScope Stranger = CacheScope.Create("stranger", ("model", "m-1"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Reaches { get; } = new()
    {
        { "tag", "tagged" }, { "scope", "tagged plain" }, { "tenant", "tagged plain other" }, { "all", "tagged plain other stranger" },
    };

    [Theory]
    [MemberData(nameof(Reaches))]
    public async Task It_reaches_what_it_names_and_nothing_else(string what, string outdated)
    {
        var store = new MemoryStore();
        var embedder = new WordEmbedder();
        await using (SemanticCache cache = await OpenAsync(store, embedder))
        {
            await FillAsync(cache);
            await InvalidateAsync(cache, what);
            await AssertServedAsync(cache, outdated);
        }

        await using SemanticCache restarted = await OpenAsync(store, embedder);
        await AssertServedAsync(restarted, outdated);
        await FillAsync(restarted);
        await AssertServedAsync(restarted, "");
    }

    [Fact]
    public async Task It_holds_at_once_also_when_the_store_is_away_and_reaches_the_store_later()
    {
        var store = new MemoryStore();
        var faulty = new FaultyStore(store);
        await using SemanticCache cache = await OpenAsync(faulty, options: new SemanticCacheOptions { DurableTimeout = TimeSpan.FromMilliseconds(20) });
        await FillAsync(cache);
        faulty.Failure = new IOException("away");
        await InvalidateAsync(cache, "all");
        await AssertServedAsync(cache, "tagged plain other stranger");
        faulty.Failure = null;
        await cache.FlushAsync(Cancellation);
        await using SemanticCache restarted = await OpenAsync(store);
        await AssertServedAsync(restarted, "tagged plain other stranger");
    }

    [Fact]
    public async Task One_asked_for_before_the_store_ever_answered_reaches_it_under_its_own_seed()
    {
        var store = new MemoryStore();
        await using (SemanticCache earlier = await OpenAsync(store))
            await FillAsync(earlier);
        var faulty = new FaultyStore(store) { Failure = new IOException("absent") };
        await using (SemanticCache cache = await OpenAsync(faulty))
        {
            await InvalidateAsync(cache, "tag");
            faulty.Failure = null;
            for (int i = 0; i < 12_000 && !(await cache.GetAsync(Ask("plain words there"), Cancellation)).IsHit; i++)
                await Task.Delay(25, Cancellation);
            await AssertServedAsync(cache, "tagged");
        }

        await using SemanticCache restarted = await OpenAsync(store);
        await AssertServedAsync(restarted, "tagged");
    }

    private static async Task FillAsync(SemanticCache cache)
    {
        await cache.SetAsync(Ask("tagged question here"), Bytes("x"), new CacheEntryOptions { Tags = ["news"] }, Cancellation);
        await cache.SetAsync(Ask("plain words there"), Bytes("x"), null, Cancellation);
        await cache.SetAsync(new CacheQuery(Other, "other"), Bytes("x"), null, Cancellation);
        await cache.SetAsync(new CacheQuery(Stranger, "stranger"), Bytes("x"), new CacheEntryOptions { Tags = ["news"] }, Cancellation);
        await cache.FlushAsync(Cancellation);
    }

    private static async Task InvalidateAsync(SemanticCache cache, string what) => await (what switch
    {
        "tag" => cache.InvalidateTagAsync("tenant", "news", Cancellation),
        "scope" => cache.InvalidateScopeAsync(Scope, Cancellation),
        "tenant" => cache.InvalidateTenantAsync("tenant", Cancellation),
        _ => cache.InvalidateAllAsync(Cancellation),
    });

    private static async Task AssertServedAsync(SemanticCache cache, string outdated)
    {
        Assert.Equal(!outdated.Contains("tagged", StringComparison.Ordinal), (await cache.GetAsync(Ask("tagged question here"), Cancellation)).IsHit);
        Assert.Equal(!outdated.Contains("plain", StringComparison.Ordinal), (await cache.GetAsync(Ask("plain words there"), Cancellation)).IsHit);
        Assert.Equal(!outdated.Contains("other", StringComparison.Ordinal), (await cache.GetAsync(new CacheQuery(Other, "other"), Cancellation)).IsHit);
        Assert.Equal(!outdated.Contains("stranger", StringComparison.Ordinal), (await cache.GetAsync(new CacheQuery(Stranger, "stranger"), Cancellation)).IsHit);
    }
}
