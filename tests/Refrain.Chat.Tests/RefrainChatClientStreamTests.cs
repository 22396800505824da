using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Chat.Tests;

public sealed class RefrainChatClientStreamTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stored_stream_is_replayed_chunk_by_chunk_with_usage_and_end()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        List<ChatResponseUpdate> live = await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();
        List<ChatResponseUpdate> replayed = await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();

        Assert.Equal(live.Select(update => update.Text), replayed.Select(update => update.Text));
        Assert.True(replayed.Count > 5);
        Assert.Equal(ChatFinishReason.Stop, replayed[^1].FinishReason);
        Assert.Equal(16, replayed.ToChatResponse().Usage?.TotalTokenCount);
        Assert.Equal(HitKind.None, live[0].Outcome().Kind);
        Assert.Equal(HitKind.Exact, replayed[0].Outcome().Kind);
        Assert.Equal(1, provider.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_entry_serves_both_wire_modes(bool streamFirst)
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        string first, second;
        HitKind kind;
        if (streamFirst)
        {
            first = Chats.TextOf(await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync());
            ChatResponse response = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
            (second, kind) = (response.Text, response.Outcome().Kind);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            Assert.Equal(16, response.Usage?.TotalTokenCount);
        }
        else
        {
            first = (await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation)).Text;
            List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();
            (second, kind) = (Chats.TextOf(updates), updates[0].Outcome().Kind);
            Assert.Equal(ChatFinishReason.Stop, updates.ToChatResponse().FinishReason);
        }

        Assert.Equal(first, second);
        Assert.Equal(HitKind.Exact, kind);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task The_first_update_tells_of_the_cache_before_the_second_is_there()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var second = new TaskCompletionSource();
        var provider = new ScriptedProvider { Between = (_, _) => second.Task };
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        foreach ((ChatOptions options, bool bypassed) in new[] { (Chats.Cold, false), (new ChatOptions { Temperature = 1 }, true) })
        {
            await using IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("What is AI?", options, Cancellation).GetAsyncEnumerator(Cancellation);
            Assert.True(await updates.MoveNextAsync());
            Assert.Equal(bypassed ? "bypass" : "miss", updates.Current.AdditionalProperties![RefrainProperties.Kind]);
        }

        second.SetResult();
    }

    // Goal: one upstream stream is shared live. Method: the provider stops after the first chunk until all have joined.
    [Fact]
    public async Task A_thousand_concurrent_identical_streams_make_one_upstream_call_and_see_the_same_bytes()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = new ScriptedProvider { Between = (_, _) => go.Task };
        using var client = new RefrainChatClient(provider, cache);

        Task<List<ChatResponseUpdate>>[] all =
            [.. Enumerable.Range(0, 1000).Select(_ => Task.Run(() => client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync(), Cancellation))];
        await Chats.UntilAsync(() => client.GetStatistics().Shared == 999);
        go.SetResult();
        List<ChatResponseUpdate>[] seen = await Task.WhenAll(all);

        Assert.Equal(1, provider.Calls);
        string[] expected = [.. seen[0].Select(update => update.Text)];
        Assert.True(expected.Length > 5);
        Assert.All(seen, updates => Assert.Equal(expected, updates.Select(update => update.Text)));
        Assert.Equal(999, seen.Count(updates => updates[0].Outcome().Shared));
    }

    [Fact]
    public async Task A_late_joiner_gets_what_has_come_and_then_follows()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = new ScriptedProvider { Between = (index, _) => index == 4 ? more.Task : Task.CompletedTask };
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        await using IAsyncEnumerator<ChatResponseUpdate> early = client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).GetAsyncEnumerator(Cancellation);
        for (int i = 0; i < 3; i++) Assert.True(await early.MoveNextAsync());
        await using IAsyncEnumerator<ChatResponseUpdate> late = client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).GetAsyncEnumerator(Cancellation);
        for (int i = 0; i < 3; i++) Assert.True(await late.MoveNextAsync());
        ValueTask<bool> waits = late.MoveNextAsync();
        Assert.False(waits.IsCompleted);
        more.SetResult();

        Assert.True(await waits);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task The_leader_may_leave_without_breaking_the_others()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = new ScriptedProvider { Between = (_, token) => more.Task.WaitAsync(token) };
        using var client = new RefrainChatClient(provider, cache);
        using var leaving = new CancellationTokenSource();

        Task<List<ChatResponseUpdate>> leader = client.GetStreamingResponseAsync("What is AI?", Chats.Cold, leaving.Token).CollectAsync();
        await Chats.UntilAsync(() => provider.Streams == 1);
        Task<List<ChatResponseUpdate>> follower = client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();
        await Chats.UntilAsync(() => client.GetStatistics().Shared == 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        more.SetResult();

        Assert.Equal("answer 1 to What is AI?", Chats.TextOf(await follower));
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task An_abandoned_stream_is_finished_and_stored_since_it_is_paid_for()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider { Between = (_, _) => Task.Delay(1, CancellationToken.None) };
        using var client = new RefrainChatClient(provider, cache);

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation)) break;
        await Chats.UntilAsync(() => client.GetStatistics().Stored == 1);

        Assert.Equal(HitKind.Exact, (await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation)).Outcome().Kind);
    }

    [Fact]
    public async Task An_abandoned_stream_is_cancelled_after_its_time()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await Chats.OpenAsync();
        var cancelled = new TaskCompletionSource();
        var provider = new ScriptedProvider
        {
            Between = async (_, token) =>
            {
                token.Register(cancelled.SetResult);
                await Task.Delay(Timeout.Infinite, token);
            },
        };
        using var client = new RefrainChatClient(provider, cache, new RefrainChatOptions { TimeProvider = time, AbandonedTimeout = TimeSpan.FromSeconds(30) });

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation)) break;
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(cancelled.Task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(0, client.GetStatistics().Stored);
    }

    [Fact]
    public async Task A_stream_that_breaks_fails_all_who_wait_and_stores_nothing()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider { Between = (index, _) => index == 4 ? throw new IOException("cut") : Task.CompletedTask };
        using var client = new RefrainChatClient(provider, cache);

        await Assert.ThrowsAsync<IOException>(() => client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync());
        provider.Between = static (_, _) => Task.CompletedTask;
        List<ChatResponseUpdate> second = await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();

        Assert.Equal(HitKind.None, second[0].Outcome().Kind);
        Assert.Equal(2, provider.Calls);
    }

    [Fact]
    public async Task A_stream_that_closes_cleanly_without_its_end_stores_nothing()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider { Answer = static (_, question) => ScriptedProvider.Words(question).SkipLast(1) };
        using var client = new RefrainChatClient(provider, cache);

        await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();

        Assert.Equal(0, client.GetStatistics().Stored);
        Assert.Equal(1, client.GetStatistics().NotStored["unfinished"]);
    }

    [Fact]
    public async Task Concurrent_callers_of_both_modes_share_one_call()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = new ScriptedProvider { Before = (_, _) => go.Task };
        using var client = new RefrainChatClient(provider, cache);

        Task<string>[] all = [.. Enumerable.Range(0, 32).Select(async i => i % 2 == 0
            ? (await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation)).Text
            : Chats.TextOf(await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync()))];
        await Chats.UntilAsync(() => client.GetStatistics().Shared == 31);
        go.SetResult();

        Assert.All(await Task.WhenAll(all), text => Assert.Equal("answer 1 to What is AI?", text));
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task A_replay_can_be_paced()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await Chats.OpenAsync();
        using var client = new RefrainChatClient(
            new ScriptedProvider(), cache, new RefrainChatOptions { ReplayPause = TimeSpan.FromMilliseconds(20), TimeProvider = time });
        await client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).CollectAsync();

        await using IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("What is AI?", Chats.Cold, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await updates.MoveNextAsync());
        ValueTask<bool> next = updates.MoveNextAsync();
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(20));

        Assert.True(await next);
    }

    [Fact]
    public async Task Thoughts_and_tool_calls_survive_a_replay()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider { Answer = static (_, _) => Thinking() };
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache, new RefrainChatOptions { StoreToolCalls = true }).Build();

        await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        List<ChatResponseUpdate> replayed = await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();

        Assert.Equal(HitKind.Exact, replayed[0].Outcome().Kind);
        Assert.Equal("Hm, let me see.", Assert.IsType<TextReasoningContent>(replayed[0].Contents[0]).Text);
        var call = Assert.IsType<FunctionCallContent>(replayed[1].Contents[0]);
        Assert.Equal(("call_1", "weather", "Oslo"), (call.CallId, call.Name, call.Arguments!["city"]));
        Assert.Equal("chunk", replayed[1].AdditionalProperties!["openai.chunk"]);
        Assert.Equal(ChatFinishReason.ToolCalls, replayed[2].FinishReason);

        static IEnumerable<ChatResponseUpdate> Thinking()
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new TextReasoningContent("Hm, let me see.")]) { MessageId = "m" };
            yield return new ChatResponseUpdate(null, [new FunctionCallContent("call_1", "weather", new Dictionary<string, object?> { ["city"] = "Oslo" })])
            {
                MessageId = "m",
                AdditionalProperties = new() { ["openai.chunk"] = "chunk" },
            };
            yield return new ChatResponseUpdate { MessageId = "m", FinishReason = ChatFinishReason.ToolCalls };
        }
    }
}
