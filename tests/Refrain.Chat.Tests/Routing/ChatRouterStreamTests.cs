using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Chat.Tests;

public sealed class ChatRouterStreamTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_that_fails_before_its_first_token_moves_to_the_next_route()
    {
        var broken = new ScriptedProvider { Answer = static (_, _) => [new ChatResponseUpdate { Role = ChatRole.Assistant }, .. Throwing()] };
        var router = new ChatRouter([new ChatRoute("broken", broken), new ChatRoute("whole", new ScriptedProvider())]);
        List<ChatResponseUpdate> updates = await router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        Assert.Equal("answer 1 to q", Chats.TextOf(updates));
        Assert.Equal("whole", updates[^1].Outcome().Route);

        static IEnumerable<ChatResponseUpdate> Throwing()
        {
            yield return new ChatResponseUpdate();
            throw new IOException("cut");
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_after_its_first_token_fails()
    {
        var router = new ChatRouter([new ChatRoute("broken", Breaking(2)), new ChatRoute("whole", new ScriptedProvider())]);
        var seen = new List<string>();
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (ChatResponseUpdate update in router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation)) seen.Add(update.Text);
        });
        Assert.Equal(["answer", " 1"], seen);
    }

    [Fact]
    public async Task Fallback_covers_a_stream_that_breaks_half_way_if_it_may_replay()
    {
        var router = new ChatRouter(
            [new ChatRoute("broken", Breaking(2)), new ChatRoute("whole", new ScriptedProvider { Answer = static (_, _) => ScriptedProvider.Words("answer 1 to q indeed") })],
            new ChatRouterOptions { ReplayBrokenStreams = true });
        List<ChatResponseUpdate> updates = await router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        Assert.Equal("answer 1 to q indeed", Chats.TextOf(updates));
        Assert.Equal("whole", updates[^1].Outcome().Route);
    }

    [Fact]
    public async Task A_replay_that_says_something_else_fails_instead()
    {
        var router = new ChatRouter(
            [new ChatRoute("broken", Breaking(2)), new ChatRoute("other", new ScriptedProvider { Answer = static (_, _) => ScriptedProvider.Words("something else entirely") })],
            new ChatRouterOptions { ReplayBrokenStreams = true });
        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync());
        Assert.IsType<IOException>(failure.InnerException ?? failure);
    }

    [Fact]
    public async Task A_stream_that_goes_silent_fails_after_its_time()
    {
        var time = new FakeTimeProvider();
        var silent = new ScriptedProvider { Between = (index, token) => index == 3 ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask };
        var router = new ChatRouter([new ChatRoute("silent", silent) { SilenceTimeout = TimeSpan.FromSeconds(9) }], new ChatRouterOptions { TimeProvider = time });
        await using IAsyncEnumerator<ChatResponseUpdate> updates = router.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await updates.MoveNextAsync());
        Assert.True(await updates.MoveNextAsync());
        ValueTask<bool> next = updates.MoveNextAsync();
        time.Advance(TimeSpan.FromSeconds(9));
        await Assert.ThrowsAsync<TimeoutException>(async () => await next);
    }

    private static ScriptedProvider Breaking(int after) => new()
    {
        Between = (index, _) => index == after + 1 ? throw new IOException("cut") : Task.CompletedTask,
    };
}
