using System.Net;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class ProviderFailureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, FailureKind.Request)]
    [InlineData(413, FailureKind.Request)]
    [InlineData(422, FailureKind.Request)]
    [InlineData(401, FailureKind.Route)]
    [InlineData(404, FailureKind.Route)]
    [InlineData(408, FailureKind.Transient)]
    [InlineData(429, FailureKind.Transient)]
    [InlineData(500, FailureKind.Transient)]
    [InlineData(529, FailureKind.Transient)]
    public void A_status_says_whom_a_failure_is_about(int status, FailureKind kind)
    {
        var after = TimeSpan.FromSeconds(3);
        Assert.Equal(new ProviderFailure(kind, after), ProviderFailure.Of(new ChatProviderException("no", (HttpStatusCode)status, after)));
        Assert.Equal(new ProviderFailure(kind), ProviderFailure.Of(new HttpRequestException("no", null, (HttpStatusCode)status)));
    }

    [Fact]
    public void A_failure_without_a_status_is_of_the_moment_unless_the_request_made_no_sense()
    {
        Assert.Equal(FailureKind.Transient, ProviderFailure.Of(new IOException()).Kind);
        Assert.Equal(FailureKind.Transient, ProviderFailure.Of(new TimeoutException()).Kind);
        Assert.Equal(FailureKind.Request, ProviderFailure.Of(new ArgumentException("no")).Kind);
    }

    // Goal: the official client's failures are read rightly, though its types are unknown to the router. Method: a server on the OpenAI wire.
    [Theory]
    [InlineData(WireFault.Limited, true)]
    [InlineData(WireFault.Down, true)]
    [InlineData(WireFault.Unauthorized, true)]
    [InlineData(WireFault.Silent, true)]
    [InlineData(WireFault.BadRequest, false)]
    public async Task The_official_client_falls_back_except_for_bad_requests(WireFault fault, bool answered)
    {
        await using ScriptedServer sick = await ScriptedServer.StartAsync();
        await using ScriptedServer well = await ScriptedServer.StartAsync();
        sick.Fault = _ => fault;
        using IChatClient first = sick.Client();
        using IChatClient second = well.Client();
        var patience = TimeSpan.FromMilliseconds(fault == WireFault.Silent ? 300 : 30_000);
        var router = new ChatRouter([new ChatRoute("sick", first) { Timeout = patience, FirstTokenTimeout = patience }, new ChatRoute("well", second)]);

        Task<ChatResponse> plain = router.GetResponseAsync("q", Chats.Cold, Cancellation);
        Task<List<ChatResponseUpdate>> streamed = router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        if (answered)
        {
            Assert.Equal("well", (await plain).Outcome().Route);
            Assert.EndsWith(" of five words", Chats.TextOf(await streamed), StringComparison.Ordinal);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => plain);
            await Assert.ThrowsAnyAsync<Exception>(() => streamed);
            Assert.Equal(0, well.Calls);
        }
    }

    [Theory]
    [InlineData(WireFault.Breaks)]
    [InlineData(WireFault.ClosesEarly)]
    [InlineData(WireFault.Malformed)]
    public async Task A_stream_that_is_cut_on_the_wire_stores_nothing_and_can_go_on_elsewhere(WireFault fault)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        await using ScriptedServer well = await ScriptedServer.StartAsync();
        server.Fault = call => call == 1 ? fault : WireFault.None;
        using IChatClient provider = server.Client();
        using IChatClient other = well.Client();
        await using SemanticCache cache = await Chats.OpenAsync();
        using var client = new RefrainChatClient(provider, cache);
        try
        {
            await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.NotEqual(WireFault.ClosesEarly, fault);
        }

        List<ChatResponseUpdate> whole = await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        Assert.Equal((HitKind.None, "answer 2 of five words"), (whole[0].Outcome().Kind, Chats.TextOf(whole)));
        List<ChatResponseUpdate> replayed = await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        Assert.Equal((HitKind.Exact, "answer 2 of five words"), (replayed[0].Outcome().Kind, Chats.TextOf(replayed)));

        server.Fault = _ => fault;
        var router = new ChatRouter([new ChatRoute("sick", provider), new ChatRoute("well", other)], new ChatRouterOptions { ReplayBrokenStreams = true });
        Exception? failure = await Record.ExceptionAsync(() => router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync());
        Assert.Equal(1, well.Calls);

        // The other one numbers its own answers: "answer 1" does not go on from "answer 3". A connection that was reset may have lost even the first chunk;
        // then nothing had gone out, and the other one simply answers.
        if (failure is not null) Assert.IsType<ChatProviderException>(failure);
        else Assert.Equal(WireFault.Breaks, fault);
    }

    [Fact]
    public async Task Usage_and_money_come_through_the_official_client()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        using IChatClient provider = server.Client();
        var price = new ModelPrice { InputPerMillion = 1000, OutputPerMillion = 2000 };
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("openai", provider, "model-a", price)], 100m);

        RouterResult first = await router.InvokeAsync("q", cancellationToken: Cancellation);
        RouterResult second = await router.InvokeAsync("q", cancellationToken: Cancellation);

        Assert.Equal((price.CostOf(7, 2), 9, false), (first.Cost, first.Tokens, first.Cached));
        Assert.Equal((0m, price.CostOf(7, 2), true), (second.Cost, second.Saved, second.Cached));
    }
}
