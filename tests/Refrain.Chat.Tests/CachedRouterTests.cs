using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class CachedRouterTests
{
    private static readonly ModelPrice Price = new() { InputPerMillion = 1000, OutputPerMillion = 2000 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_question_is_paid_for_once()
    {
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("main", new ScriptedProvider(), "model-a", Price)], initialBudget: 100m);

        RouterResult first = await router.InvokeAsync("What is AI?", temperature: 0, cancellationToken: Cancellation);
        RouterResult second = await router.InvokeAsync("What is AI?", temperature: 0, cancellationToken: Cancellation);

        Assert.Equal(new RouterResult("answer 1 to What is AI?", false, HitKind.None, double.NaN, "model-a", Price.CostOf(10, 6), 16, 0), first);
        Assert.Equal(new RouterResult("answer 1 to What is AI?", true, HitKind.Exact, 1, "model-a", 0, 0, Price.CostOf(10, 6)), second);
        CachedRouterStatistics statistics = router.GetCacheStatistics();
        Assert.Equal((2, 0.5, Price.CostOf(10, 6), Price.CostOf(10, 6), 100m - Price.CostOf(10, 6)),
            (statistics.TotalOperations, statistics.HitRate, statistics.BudgetSaved, statistics.BudgetSpent, statistics.BudgetRemaining));
        Assert.Equal(1, statistics.Router.Calls);
    }

    [Fact]
    public async Task Hits_spend_nothing_even_of_an_empty_budget()
    {
        var provider = new ScriptedProvider();
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("main", provider, price: Price) { OutputTokensMax = 10 }], initialBudget: 0.07m);

        await router.InvokeAsync("What is AI?", cancellationToken: Cancellation);
        BudgetExceededException exceeded = await Assert.ThrowsAsync<BudgetExceededException>(() => router.InvokeAsync("What is a cache?", cancellationToken: Cancellation));
        RouterResult hit = await router.InvokeAsync("What is AI?", cancellationToken: Cancellation);

        Assert.Equal("initial", exceeded.BudgetName);
        Assert.True(hit.Cached);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task Semantic_hits_need_an_embedder()
    {
        var options = new CachedRouterOptions { Embedder = new ConceptEmbedder(("What is AI?", "ai"), ("Tell me what AI is", "ai")), Cache = new SemanticCacheOptions { Guards = Guards.None } };
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("main", new ScriptedProvider(), price: Price)], 100m, options: options);

        await router.InvokeAsync("What is AI?", cancellationToken: Cancellation);
        RouterResult similar = await router.InvokeAsync("Tell me what AI is", cancellationToken: Cancellation);

        Assert.Equal(HitKind.Semantic, similar.HitKind);
        Assert.InRange(similar.Similarity, 0.9, 0.9999);
        Assert.Equal(0.5, router.GetCacheStatistics().SemanticHitRate);
    }

    [Fact]
    public async Task Another_model_temperature_or_system_prompt_is_another_request()
    {
        var provider = new ScriptedProvider();
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("any", provider, price: ModelPrice.Free)], 1m);

        await router.InvokeAsync("What is AI?", cancellationToken: Cancellation);
        Assert.False((await router.InvokeAsync("What is AI?", model: "gpt-4", cancellationToken: Cancellation)).Cached);
        Assert.False((await router.InvokeAsync("What is AI?", temperature: 0.05f, cancellationToken: Cancellation)).Cached);
        Assert.False((await router.InvokeAsync("What is AI?", system: "Be brief.", cancellationToken: Cancellation)).Cached);
        for (int i = 0; i < 2; i++) Assert.False((await router.InvokeAsync("What is AI?", temperature: 0.7f, cancellationToken: Cancellation)).Cached);
        Assert.Equal(6, provider.Calls);
    }

    [Fact]
    public async Task It_is_a_chat_client_that_streams()
    {
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("main", new ScriptedProvider(), price: Price)], 100m);

        List<ChatResponseUpdate> live = await router.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();
        List<ChatResponseUpdate> replayed = await router.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();

        Assert.Equal("answer 1 to What is AI?", Chats.TextOf(replayed));
        Assert.Equal(Price.CostOf(10, 6), live[^1].Outcome().Cost);
        Assert.Equal(HitKind.Exact, replayed[0].Outcome().Kind);
        Assert.Equal(Price.CostOf(10, 6), replayed[0].Outcome().Saved);
        Assert.Equal(live.Count - 1, replayed.Count); // The closing update with the cost is not part of the answer.
    }

    [Fact]
    public async Task Fallback_answers_when_the_first_provider_is_down()
    {
        var down = new ScriptedProvider { Before = (_, _) => throw new HttpRequestException("down") };
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("down", down, price: ModelPrice.Free), new ChatRoute("up", new ScriptedProvider(), price: ModelPrice.Free)], 1m);

        RouterResult result = await router.InvokeAsync("What is AI?", cancellationToken: Cancellation);

        Assert.Equal("answer 1 to What is AI?", result.Response);
        Assert.True((await router.InvokeAsync("What is AI?", cancellationToken: Cancellation)).Cached);
    }

    [Fact]
    public async Task Nonsense_is_refused()
    {
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("main", new ScriptedProvider(), price: ModelPrice.Free)], 1m);
        await Assert.ThrowsAsync<ArgumentException>(() => router.InvokeAsync(" ", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => router.InvokeAsync("q", float.NaN, cancellationToken: Cancellation));
        Assert.Throws<ArgumentOutOfRangeException>(() => CachedRouter.Create([new ChatRoute("main", new ScriptedProvider())], -1m));
    }
}
