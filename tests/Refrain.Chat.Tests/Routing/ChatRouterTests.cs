using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Chat.Tests;

public sealed class ChatRouterTests
{
    private static readonly ModelPrice Price = new() { InputPerMillion = 1000, OutputPerMillion = 2000 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_route_by_priority_answers_and_says_so()
    {
        var router = new ChatRouter([new ChatRoute("b", new ScriptedProvider("b")) { Priority = 2 }, new ChatRoute("a", new ScriptedProvider("a"), "model-a", Price) { Priority = 1 }]);
        ChatResponse response = await router.GetResponseAsync("one two", Chats.Cold, Cancellation);
        Assert.Equal("a", response.Outcome().Route);
        Assert.Equal("model-a", response.Outcome().Model);
        Assert.Equal(Price.CostOf(10, 5), response.Outcome().Cost);
        Assert.False(response.Outcome().CostEstimated);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task The_next_route_answers_when_the_first_fails(HttpStatusCode status)
    {
        var dead = new ScriptedProvider("dead") { Before = (_, _) => throw new ChatProviderException("no", status) };
        var router = new ChatRouter([new ChatRoute("dead", dead), new ChatRoute("alive", new ScriptedProvider())]);
        Assert.Equal("alive", (await router.GetResponseAsync("q", Chats.Cold, Cancellation)).Outcome().Route);
        Assert.Equal("alive", RefrainOutcome.Of((await router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync())[^1].AdditionalProperties).Route);
        Assert.Equal(2, router.GetStatistics().ExtraCalls + (dead.Calls == 1 ? 1 : 0));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_request_that_every_provider_would_refuse_is_sent_once(HttpStatusCode status)
    {
        var first = new ScriptedProvider { Before = (_, _) => throw new HttpRequestException("bad", null, status) };
        var second = new ScriptedProvider();
        var router = new ChatRouter([new ChatRoute("first", first), new ChatRoute("second", second)]);
        await Assert.ThrowsAsync<HttpRequestException>(() => router.GetResponseAsync("q", Chats.Cold, Cancellation));
        Assert.Equal((1, 0), (first.Calls, second.Calls));
    }

    [Fact]
    public async Task A_slow_route_is_left_for_the_next()
    {
        var time = new FakeTimeProvider();
        var slow = new ScriptedProvider { Before = (_, token) => Task.Delay(Timeout.Infinite, token) };
        var router = new ChatRouter(
            [new ChatRoute("slow", slow) { Timeout = TimeSpan.FromSeconds(2) }, new ChatRoute("quick", new ScriptedProvider())],
            new ChatRouterOptions { TimeProvider = time });
        Task<ChatResponse> waiting = router.GetResponseAsync("q", Chats.Cold, Cancellation);
        await Chats.UntilAsync(() => slow.Calls == 1);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("quick", (await waiting).Outcome().Route);
    }

    [Fact]
    public async Task A_client_that_does_not_heed_its_token_cannot_hold_its_callers()
    {
        var time = new FakeTimeProvider();
        var deaf = new ScriptedProvider { Before = (_, _) => new TaskCompletionSource().Task };
        var router = new ChatRouter(
            [new ChatRoute("deaf", deaf) { Timeout = TimeSpan.FromSeconds(2), FirstTokenTimeout = TimeSpan.FromSeconds(2) }, new ChatRoute("quick", new ScriptedProvider())],
            new ChatRouterOptions { TimeProvider = time });
        Task<ChatResponse> response = router.GetResponseAsync("q", Chats.Cold, Cancellation);
        Task<List<ChatResponseUpdate>> stream = router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        await Chats.UntilAsync(() => deaf.Calls == 2);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("quick", (await response).Outcome().Route);
        Assert.Equal("quick", (await stream)[^1].Outcome().Route);
    }

    [Fact]
    public async Task Retry_After_is_honoured_before_the_same_route_is_asked_again()
    {
        var time = new FakeTimeProvider();
        var limited = new ScriptedProvider { Before = (call, _) => call == 1 ? throw new ChatProviderException("slow down", HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(7)) : Task.CompletedTask };
        var router = new ChatRouter([new ChatRoute("only", limited)], new ChatRouterOptions { TimeProvider = time });
        Task<ChatResponse> waiting = router.GetResponseAsync("q", Chats.Cold, Cancellation);
        await Chats.UntilAsync(() => limited.Calls == 1 && !router.GetHealth()[0].IsAvailable);
        Assert.Equal(time.GetUtcNow() + TimeSpan.FromSeconds(7), router.GetHealth()[0].ReturnsAt);
        ChatProviderException meanwhile = await Assert.ThrowsAsync<ChatProviderException>(() => router.GetResponseAsync("another", Chats.Cold, Cancellation));
        Assert.Equal(TimeSpan.FromSeconds(7), meanwhile.RetryAfter);
        Assert.Equal(1, limited.Calls);
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(7));
            await Task.Delay(1, Cancellation);
        }

        Assert.Equal("only", (await waiting).Outcome().Route);
    }

    [Fact]
    public async Task A_breaker_keeps_requests_from_a_dead_route_and_lets_one_try_it_later()
    {
        var time = new FakeTimeProvider();
        bool dead = true;
        var first = new ScriptedProvider { Before = (_, _) => dead ? throw new HttpRequestException("down") : Task.CompletedTask };
        var router = new ChatRouter(
            [new ChatRoute("first", first), new ChatRoute("second", new ScriptedProvider())],
            new ChatRouterOptions { TimeProvider = time, BreakerFailures = 3, BreakerPause = TimeSpan.FromSeconds(10) });
        for (int i = 0; i < 20; i++) await router.GetResponseAsync($"q{i}", Chats.Cold, Cancellation);
        Assert.Equal(3, first.Calls);
        Assert.False(router.GetHealth()[0].IsAvailable);
        time.Advance(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 5; i++) await router.GetResponseAsync($"r{i}", Chats.Cold, Cancellation);
        Assert.Equal(4, first.Calls);
        dead = false;
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("first", (await router.GetResponseAsync("s", Chats.Cold, Cancellation)).Outcome().Route);
        Assert.True(router.GetHealth()[0].IsAvailable);
    }

    [Fact]
    public async Task A_call_that_was_sent_before_the_breaker_opened_does_not_close_it()
    {
        var time = new FakeTimeProvider();
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new ScriptedProvider { Before = (call, _) => call == 1 ? late.Task : throw new HttpRequestException("down") };
        var router = new ChatRouter(
            [new ChatRoute("first", first), new ChatRoute("second", new ScriptedProvider())], new ChatRouterOptions { TimeProvider = time, BreakerFailures = 3 });
        Task<ChatResponse> early = router.GetResponseAsync("early", Chats.Cold, Cancellation);
        for (int i = 0; i < 3; i++) await router.GetResponseAsync($"q{i}", Chats.Cold, Cancellation);
        late.SetResult();
        Assert.Equal("first", (await early).Outcome().Route);
        Assert.False(router.GetHealth()[0].IsAvailable);
    }

    // Goal: with one of two providers dead, slow or rate-limited, nearly every request is answered and few extra calls are made.
    [Theory]
    [InlineData("dead")]
    [InlineData("slow")]
    [InlineData("limited")]
    [InlineData("flaky")]
    public async Task One_sick_provider_of_two_costs_no_answers_and_few_extra_calls(string sickness)
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        var random = new Random(20260131);
        var sick = new ScriptedProvider("sick")
        {
            Before = (_, token) => sickness switch
            {
                "dead" => throw new HttpRequestException("down"),
                "slow" => SlowAsync(token),
                "limited" => random.Next(2) == 0 ? throw new ChatProviderException("busy", HttpStatusCode.TooManyRequests) : Task.CompletedTask,
                _ => random.Next(4) == 0 ? throw new ChatProviderException("oops", HttpStatusCode.BadGateway) : Task.CompletedTask,
            },
        };
        var router = new ChatRouter(
            [new ChatRoute("sick", sick) { Timeout = TimeSpan.FromSeconds(5) }, new ChatRoute("well", new ScriptedProvider("well"))],
            new ChatRouterOptions { TimeProvider = time, Seed = 1 });
        int answered = 0;
        for (int i = 0; i < 2000; i++)
        {
            Task<ChatResponse> response = router.GetResponseAsync($"q{i}", Chats.Cold, Cancellation);
            try
            {
                await response;
                answered++;
            }
            catch (ChatProviderException)
            {
            }

            time.Advance(TimeSpan.FromMilliseconds(50));
        }

        RouterStatistics statistics = router.GetStatistics();
        Assert.InRange(answered / 2000.0, 0.999, 1);
        Assert.InRange(statistics.ExtraCalls / (double)statistics.Requests, 0, 0.2);

        Task SlowAsync(CancellationToken token)
        {
            time.Advance(TimeSpan.FromSeconds(6));
            return Task.Delay(Timeout.Infinite, token);
        }
    }

    [Fact]
    public async Task A_hedged_request_takes_whichever_answer_comes_first()
    {
        var time = new FakeTimeProvider();
        var cancelled = new TaskCompletionSource();
        var slow = new ScriptedProvider
        {
            Before = (_, token) =>
            {
                token.Register(cancelled.SetResult);
                return Task.Delay(Timeout.Infinite, token);
            },
        };
        var budget = new Budget("b", 1000);
        var options = new ChatRouterOptions { TimeProvider = time, HedgeAfter = TimeSpan.FromSeconds(1) };
        options.Budgets.Add(budget);
        var router = new ChatRouter([new ChatRoute("slow", slow, price: Price), new ChatRoute("quick", new ScriptedProvider(), price: Price)], options);
        Task<ChatResponse> waiting = router.GetResponseAsync("q", Chats.Cold, Cancellation);
        await Chats.UntilAsync(() => slow.Calls == 1);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("quick", (await waiting).Outcome().Route);
        await cancelled.Task;
        await Chats.UntilAsync(() => budget.Reserved == 0);
        Assert.Equal(Price.CostOf(10, 4), budget.Spent);
        Assert.Equal(0, router.GetHealth()[0].Failures);
    }

    [Fact]
    public async Task Only_routes_of_the_asked_model_answer_unless_told_otherwise()
    {
        var gpt = new ScriptedProvider { Before = (_, _) => throw new HttpRequestException("down") };
        ChatRoute[] routes = [new("gpt", gpt, "gpt-4"), new("claude", new ScriptedProvider(), "claude-3")];
        ChatOptions asked = new() { Temperature = 0, ModelId = "gpt-4" };
        await Assert.ThrowsAsync<HttpRequestException>(() => new ChatRouter(routes, new ChatRouterOptions { RetryDelay = TimeSpan.Zero, RetryDelayMax = TimeSpan.Zero }).GetResponseAsync("q", asked, Cancellation));
        ChatResponse fallback = await new ChatRouter(routes, new ChatRouterOptions { FallbackAcrossModels = true }).GetResponseAsync("q", asked, Cancellation);
        Assert.Equal("claude", fallback.Outcome().Route);
        Assert.Equal(true, fallback.AdditionalProperties![RefrainProperties.Fallback]);
        Assert.Equal(StoreRefusal.Fallback, AnswerAdmission.Judge(fallback, streamed: false, new RefrainChatOptions()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => new ChatRouter(routes).GetResponseAsync("q", new ChatOptions { ModelId = "unknown" }, Cancellation));
    }

    [Fact]
    public async Task Routes_that_lack_a_capability_or_the_room_are_passed_over()
    {
        var router = new ChatRouter(
        [
            new ChatRoute("plain", new ScriptedProvider()) { Capabilities = RouteCapabilities.None },
            new ChatRoute("small", new ScriptedProvider()) { ContextTokensMax = 30 },
            new ChatRoute("large", new ScriptedProvider()),
        ]);
        var json = new ChatOptions { ResponseFormat = ChatResponseFormat.Json };
        Assert.Equal("plain", (await router.GetResponseAsync("q", null, Cancellation)).Outcome().Route);
        Assert.Equal("small", (await router.GetResponseAsync("q", json, Cancellation)).Outcome().Route);
        Assert.Equal("large", (await router.GetResponseAsync(new string('q', 200), json, Cancellation)).Outcome().Route);
    }

    [Fact]
    public async Task Weights_share_the_requests()
    {
        var router = new ChatRouter(
            [new ChatRoute("one", new ScriptedProvider()) { Weight = 1 }, new ChatRoute("three", new ScriptedProvider()) { Weight = 3 }],
            new ChatRouterOptions { Order = RouteOrder.Weighted, Seed = 7 });
        int three = 0;
        for (int i = 0; i < 1000; i++)
            if ((await router.GetResponseAsync("q", null, Cancellation)).Outcome().Route == "three") three++;
        Assert.InRange(three, 700, 800);
    }

    [Fact]
    public async Task The_cheapest_or_the_fastest_route_can_come_first()
    {
        var time = new FakeTimeProvider();
        var slow = new ScriptedProvider { Before = (_, _) => { time.Advance(TimeSpan.FromSeconds(1)); return Task.CompletedTask; } };
        ChatRoute[] routes = [new("slow and dear", slow, price: Price), new("quick and cheap", new ScriptedProvider(), price: new ModelPrice { OutputPerMillion = 1 })];
        Assert.Equal("quick and cheap", (await new ChatRouter(routes, new ChatRouterOptions { Order = RouteOrder.Cheapest }).GetResponseAsync("q", null, Cancellation)).Outcome().Route);
        var fastest = new ChatRouter(routes, new ChatRouterOptions { Order = RouteOrder.Fastest, TimeProvider = time });
        for (int i = 0; i < 2; i++) await fastest.GetResponseAsync("q", null, Cancellation);
        Assert.Equal("quick and cheap", (await fastest.GetResponseAsync("q", null, Cancellation)).Outcome().Route);
    }

    [Fact]
    public async Task A_busy_route_leaves_requests_to_others()
    {
        var free = new TaskCompletionSource();
        var narrow = new ScriptedProvider { Before = (_, _) => free.Task };
        var router = new ChatRouter([new ChatRoute("narrow", narrow) { ConcurrentMax = 1 }, new ChatRoute("wide", new ScriptedProvider())]);
        Task<ChatResponse> first = router.GetResponseAsync("q", null, Cancellation);
        Assert.Equal("wide", (await router.GetResponseAsync("q", null, Cancellation)).Outcome().Route);
        free.SetResult();
        Assert.Equal("narrow", (await first).Outcome().Route);
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        var client = new ScriptedProvider();
        Assert.Throws<ArgumentException>(() => new ChatRouter([]));
        Assert.Throws<ArgumentException>(() => new ChatRouter([new ChatRoute("a", client), new ChatRoute("a", client)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChatRouter([new ChatRoute("a", client) { Weight = double.NaN }]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChatRouter([new ChatRoute("a", client)], new ChatRouterOptions { ExtraCallRatio = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChatRouter([new ChatRoute("a", client)], new ChatRouterOptions { AttemptsMax = 0 }));
    }
}
