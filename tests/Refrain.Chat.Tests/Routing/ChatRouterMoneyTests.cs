using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Chat.Tests;

public sealed class ChatRouterMoneyTests
{
    private static readonly ModelPrice Price = new() { InputPerMillion = 1000, OutputPerMillion = 2000 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hundred_concurrent_callers_on_one_budget_never_overspend()
    {
        // Each answer costs 10 in and 4 words out: 0.018. The worst case of 16 tokens out is more; 1.00 has room for 55 answers at most.
        var budget = new Budget("b", 1m);
        var options = new ChatRouterOptions();
        options.Budgets.Add(budget);
        var provider = new ScriptedProvider { Before = static (_, token) => Task.Delay(1, token) };
        var router = new ChatRouter([new ChatRoute("r", provider, price: Price) { OutputTokensMax = 16 }], options);
        int answered = 0, refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            try
            {
                await router.GetResponseAsync($"q{i}", Chats.Cold, Cancellation);
                Interlocked.Increment(ref answered);
            }
            catch (BudgetExceededException)
            {
                Interlocked.Increment(ref refused);
            }

            Assert.True(budget.Spent + budget.Reserved <= budget.Limit);
        })));
        Assert.Equal(200, answered + refused);
        Assert.True(refused > 0 && answered > 0);
        Assert.Equal(answered * Price.CostOf(10, 4), budget.Spent);
        Assert.Equal(0, budget.Reserved);
        Assert.Equal(refused, router.GetStatistics().OverBudget);
    }

    [Fact]
    public async Task A_budget_that_is_used_up_says_when_it_resets()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-31T10:20:00Z"));
        var options = new ChatRouterOptions { TimeProvider = time };
        options.Budgets.Add(new Budget("hourly", 0.001m, BudgetWindow.Hour, timeProvider: time));
        var router = new ChatRouter([new ChatRoute("r", new ScriptedProvider(), price: Price)], options);
        BudgetExceededException exceeded = await Assert.ThrowsAsync<BudgetExceededException>(() => router.GetResponseAsync("q", Chats.Cold, Cancellation));
        Assert.Equal(("hourly", DateTimeOffset.Parse("2026-01-31T11:00:00Z")), (exceeded.BudgetName, exceeded.ResetsAt));
        Assert.Contains("2026-01-31 11:00:00Z", exceeded.Message);
    }

    [Fact]
    public async Task A_route_whose_budget_is_used_up_is_passed_over_for_a_cheaper_one()
    {
        var cheap = new ModelPrice { OutputPerMillion = 1 };
        var router = new ChatRouter(
            [new ChatRoute("dear", new ScriptedProvider(), price: Price) { Budgets = [new Budget("dear", 0.0001m)] }, new ChatRoute("cheap", new ScriptedProvider(), price: cheap)]);
        Assert.Equal("cheap", (await router.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Route);
    }

    [Fact]
    public async Task Past_a_soft_limit_the_cheapest_route_comes_first()
    {
        var budget = new Budget("b", 100m, softLimit: 0.01m);
        var options = new ChatRouterOptions();
        options.Budgets.Add(budget);
        var router = new ChatRouter(
            [new ChatRoute("dear", new ScriptedProvider(), price: Price), new ChatRoute("cheap", new ScriptedProvider(), price: new ModelPrice { OutputPerMillion = 1 })], options);
        Assert.Equal("dear", (await router.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Route);
        Assert.Equal("cheap", (await router.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Route);
    }

    [Fact]
    public async Task A_price_list_prices_whatever_model_is_asked_for()
    {
        var prices = ModelPrices.Parse("""{ "date": "2026-01-31", "models": { "small": { "output": 1 }, "large": { "output": 100 } } }""");
        var options = new ChatRouterOptions();
        options.Budgets.Add(new Budget("b", 1m));
        var router = new ChatRouter([new ChatRoute("r", new ScriptedProvider()) { Prices = prices }], options);
        ChatResponse large = await router.GetResponseAsync("q", new ChatOptions { ModelId = "large" }, Cancellation);
        ChatResponse small = await router.GetResponseAsync("q", new ChatOptions { ModelId = "small" }, Cancellation);
        Assert.Equal((prices.Find("large")!.CostOf(10, 4), prices.Find("small")!.CostOf(10, 4)), (large.Outcome().Cost, small.Outcome().Cost));
        List<ChatResponseUpdate> streamed = await router.GetStreamingResponseAsync("q", new ChatOptions { ModelId = "large" }, Cancellation).CollectAsync();
        Assert.Equal(prices.Find("large")!.CostOf(10, 4), streamed[^1].Outcome().Cost);
    }

    [Fact]
    public async Task Under_a_budget_a_model_without_a_price_is_refused_and_never_free()
    {
        var prices = ModelPrices.Parse("""{ "date": "2026-01-31", "models": { "known": { "output": 1 } } }""");
        var provider = new ScriptedProvider();
        var options = new ChatRouterOptions();
        options.Budgets.Add(new Budget("b", 1m));
        foreach (ChatRoute route in new[] { new ChatRoute("listed", provider) { Prices = prices }, new ChatRoute("bare", provider) })
        {
            var router = new ChatRouter([route], options);
            ChatProviderException refused = await Assert.ThrowsAsync<ChatProviderException>(
                () => router.GetResponseAsync("q", new ChatOptions { ModelId = "unheard-of" }, Cancellation));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains("\"unheard-of\"", refused.Message);
            Assert.Contains($"\"{route.Name}\"", refused.Message);
        }

        Assert.Equal(0, provider.Calls);
        var free = new ChatRouter([new ChatRoute("free", provider, price: ModelPrice.Free)], options);
        Assert.Equal(0, (await free.GetResponseAsync("q", new ChatOptions { ModelId = "unheard-of" }, Cancellation)).Outcome().Cost);
    }

    [Fact]
    public async Task A_route_without_a_price_leaves_the_request_to_one_that_has_one()
    {
        var options = new ChatRouterOptions();
        options.Budgets.Add(new Budget("b", 10m));
        var router = new ChatRouter([new ChatRoute("bare", new ScriptedProvider()), new ChatRoute("priced", new ScriptedProvider(), price: Price)], options);
        Assert.Equal("priced", (await router.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Route);
    }

    [Fact]
    public async Task However_many_answers_are_asked_for_the_worst_case_counts_them_all()
    {
        var options = new ChatRouterOptions();
        options.Budgets.Add(new Budget("b", 10m));
        var router = new ChatRouter([new ChatRoute("r", new ScriptedProvider(), price: Price)], options);
        foreach (object count in new object[] { 2, 1L << 62, long.MaxValue })
            await Assert.ThrowsAsync<BudgetExceededException>(() => router.GetResponseAsync("q", new ChatOptions { AdditionalProperties = new() { ["n"] = count } }, Cancellation));
    }

    [Fact]
    public async Task What_calls_cost_and_what_is_left_are_metered()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var options = new ChatRouterOptions { MeterFactory = services.GetRequiredService<IMeterFactory>() };
        options.Budgets.Add(new Budget("b", 100m));
        var dead = new ScriptedProvider { Before = static (_, _) => throw new HttpRequestException("down") };
        using var router = new ChatRouter([new ChatRoute("dead", dead, price: Price), new ChatRoute("well", new ScriptedProvider(), price: Price)], options);
        using var cost = new MetricCollector<double>(options.MeterFactory, "Refrain.Chat", "refrain.router.cost");
        using var spent = new MetricCollector<double>(options.MeterFactory, "Refrain.Chat", "refrain.budget.spent");
        using var failed = new MetricCollector<long>(options.MeterFactory, "Refrain.Chat", "refrain.router.failed");
        await router.GetResponseAsync("q", Chats.Cold, Cancellation);
        cost.RecordObservableInstruments();
        spent.RecordObservableInstruments();
        failed.RecordObservableInstruments();
        double expected = (double)Price.CostOf(10, 4);
        Assert.Equal(expected, cost.LastMeasurement!.Value);
        Assert.Equal((expected, "b"), (spent.LastMeasurement!.Value, spent.LastMeasurement.Tags["refrain.budget"]));
        Assert.Equal(["dead: 1", "well: 0"], failed.GetMeasurementSnapshot().Select(measured => $"{measured.Tags["refrain.route"]}: {measured.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Tenants_have_budgets_of_their_own()
    {
        var budgets = new Dictionary<string, Budget>(StringComparer.Ordinal) { ["poor"] = new("poor", 0m), ["rich"] = new("rich", 100m) };
        var router = new ChatRouter([new ChatRoute("r", new ScriptedProvider(), price: Price)], new ChatRouterOptions { TenantBudgets = tenant => [budgets[tenant]] });
        await Assert.ThrowsAsync<BudgetExceededException>(() => router.GetResponseAsync("q", Chats.With(new RefrainRequest { Tenant = "poor" }), Cancellation));
        await router.GetResponseAsync("q", Chats.With(new RefrainRequest { Tenant = "rich" }), Cancellation);
        Assert.Equal(Price.CostOf(10, 4), budgets["rich"].Spent);
    }

    [Fact]
    public async Task The_worst_case_is_real_since_the_provider_is_told_the_limit_of_output()
    {
        var provider = new ScriptedProvider();
        var options = new ChatRouterOptions();
        options.Budgets.Add(new Budget("b", 100));
        var router = new ChatRouter([new ChatRoute("r", provider, price: Price) { OutputTokensMax = 77 }], options);
        await router.GetResponseAsync("q", Chats.Cold, Cancellation);
        await router.GetResponseAsync("q", new ChatOptions { MaxOutputTokens = 5 }, Cancellation);
        Assert.Equal([77, 5], provider.Seen.Select(seen => seen!.MaxOutputTokens));
    }

    [Fact]
    public async Task A_provider_that_reports_no_usage_is_estimated_and_marked_so()
    {
        var provider = new ScriptedProvider { Answer = static (_, _) => ScriptedProvider.Words("four words, twenty-six bytes", usage: false) };
        var router = new ChatRouter([new ChatRoute("r", provider, price: Price)]);
        RefrainOutcome plain = (await router.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome();
        RefrainOutcome streamed = (await router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync())[^1].Outcome();
        Assert.True(plain.CostEstimated && streamed.CostEstimated);
        Assert.True(plain.Cost > 0);
        Assert.Equal(router.GetStatistics().Cost, router.GetStatistics().EstimatedCost);
    }

    [Fact]
    public async Task A_caller_who_leaves_a_stream_pays_for_what_came_and_gives_the_rest_back()
    {
        var budget = new Budget("b", 100);
        var options = new ChatRouterOptions();
        options.Budgets.Add(budget);
        var router = new ChatRouter([new ChatRoute("r", new ScriptedProvider(), price: Price)], options);
        await foreach (ChatResponseUpdate _ in router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation)) break;
        Assert.Equal(0, budget.Reserved);
        Assert.InRange(budget.Spent, 0.0000001m, 1m);
    }
}
