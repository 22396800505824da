using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class SharedFlightTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: what many processes ask at once is made once. Method: three caches over one store that gives leases, some of whose callers want streams.
    [Fact]
    public async Task Processes_over_one_store_make_one_upstream_call_between_them()
    {
        await using var store = new LeasingStore();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = new ScriptedProvider { Before = (_, _) => gate.Task };
        var processes = new List<(SemanticCache Cache, RefrainChatClient Client)>();
        for (int i = 0; i < 3; i++)
        {
            SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions { FlightLease = TimeSpan.FromSeconds(30) }, store, cancellationToken: Cancellation);
            processes.Add((cache, new RefrainChatClient(provider, cache)));
        }

        Task<string>[] callers = [.. processes.SelectMany(process => new[] { AskAsync(process.Client), WatchAsync(process.Client) })];
        await Chats.UntilAsync(() => provider.Calls == 1 && processes.TrueForAll(process => process.Client.GetStatistics().Misses == 2));
        gate.SetResult();
        Assert.All(await Task.WhenAll(callers), text => Assert.Equal("answer 1 to q", text));
        Assert.Equal(1, provider.Calls);
        foreach ((SemanticCache cache, RefrainChatClient client) in processes)
        {
            client.Dispose();
            await cache.DisposeAsync();
        }

        static async Task<string> AskAsync(RefrainChatClient client) => (await client.GetResponseAsync("q", Chats.Cold, Cancellation)).Text;

        static async Task<string> WatchAsync(RefrainChatClient client) => Chats.TextOf(await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync());
    }
}
