using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Refrain.Chat.Tests;

/// <summary>Each hole of the framework's own chat cache, shown open there and closed here in one test. Should the framework close one, its half fails and can go.</summary>
public sealed class FrameworkCacheTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tools_are_part_of_the_identity()
    {
        ChatOptions[] options = [.. new[] { "delete_everything", "read_only" }.Select(name => new ChatOptions { Temperature = 0, Tools = [AIFunctionFactory.Create((int x) => x, name)] })];
        (int framework, int refrain) = await CallsAsync(async client =>
        {
            foreach (ChatOptions option in options) await client.GetResponseAsync("Tidy up", option, Cancellation);
        });
        Assert.Equal((1, 2), (framework, refrain));
    }

    [Fact]
    public async Task Providers_on_one_store_do_not_answer_for_each_other()
    {
        var distributed = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        await using SemanticCache cache = await Chats.OpenAsync();
        int[] calls = new int[2];
        foreach (string name in new[] { "one", "other" })
        {
            ScriptedProvider[] providers = [new(name), new(name)];
            using IChatClient framework = new ChatClientBuilder(providers[0]).UseDistributedCache(distributed).Build();
            using IChatClient refrain = new ChatClientBuilder(providers[1]).UseRefrain(cache).Build();
            await framework.GetResponseAsync("q", Chats.Cold, Cancellation);
            await refrain.GetResponseAsync("q", Chats.Cold, Cancellation);
            for (int i = 0; i < 2; i++) calls[i] += providers[i].Calls;
        }

        Assert.Equal([1, 2], calls);
    }

    [Fact]
    public async Task Thirty_two_concurrent_misses_make_one_call()
    {
        var gates = new List<TaskCompletionSource>();
        (int framework, int refrain) = await CallsAsync(
            async client =>
            {
                Task<ChatResponse>[] all = [.. Enumerable.Range(0, 32).Select(_ => client.GetResponseAsync("q", Chats.Cold, Cancellation))];
                if (client is RefrainChatClient ours) await Chats.UntilAsync(() => ours.GetStatistics().Shared == 31);
                gates[client is RefrainChatClient ? 1 : 0].SetResult();
                await Task.WhenAll(all);
            },
            provider =>
            {
                var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                gates.Add(gate);
                provider.Before = (_, _) => gate.Task;
            });
        Assert.True(framework > 1);
        Assert.Equal(1, refrain);
    }

    [Fact]
    public async Task An_abandoned_stream_is_not_paid_for_twice()
    {
        (int framework, int refrain) = await CallsAsync(async client =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation)) break;
            if (client is RefrainChatClient ours) await Chats.UntilAsync(() => ours.GetStatistics().Stored == 1);
            await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        });
        Assert.Equal((2, 1), (framework, refrain));
    }

    [Fact]
    public async Task Both_wire_modes_share_an_entry()
    {
        (int framework, int refrain) = await CallsAsync(async client =>
        {
            await client.GetResponseAsync("q", Chats.Cold, Cancellation);
            await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
        });
        Assert.Equal((2, 1), (framework, refrain));
    }

    [Fact]
    public async Task Chunks_are_replayed_as_chunks()
    {
        var replayed = new Dictionary<bool, int>();
        await CallsAsync(async client =>
        {
            await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
            List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
            replayed[client is RefrainChatClient] = updates.Count(update => update.Text.Length > 0);
        });
        Assert.Equal((1, 4), (replayed[false], replayed[true]));
    }

    [Fact]
    public async Task A_filtered_answer_is_not_served_again()
    {
        (int framework, int refrain) = await CallsAsync(
            async client =>
            {
                for (int i = 0; i < 2; i++) await client.GetResponseAsync("q", Chats.Cold, Cancellation);
            },
            provider => provider.Answer = static (_, _) => ScriptedProvider.Words("I cannot", ChatFinishReason.ContentFilter));
        Assert.Equal((1, 2), (framework, refrain));
    }

    [Fact]
    public async Task Volatile_fields_do_not_cause_misses()
    {
        (int framework, int refrain) = await CallsAsync(async client =>
        {
            for (int i = 0; i < 3; i++)
            {
                var message = new ChatMessage(ChatRole.User, "q") { MessageId = $"{i}", CreatedAt = DateTimeOffset.UnixEpoch.AddDays(i) };
                await client.GetResponseAsync([message], Chats.Cold, Cancellation);
            }
        });
        Assert.Equal((3, 1), (framework, refrain));
    }

    private static async Task<(int Framework, int Refrain)> CallsAsync(Func<IChatClient, Task> use, Action<ScriptedProvider>? script = null)
    {
        var distributed = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        await using SemanticCache cache = await Chats.OpenAsync();
        ScriptedProvider[] providers = [new(), new()];
        foreach (ScriptedProvider provider in providers) script?.Invoke(provider);
        using IChatClient framework = new ChatClientBuilder(providers[0]).UseDistributedCache(distributed).Build();
        using IChatClient refrain = new ChatClientBuilder(providers[1]).UseRefrain(cache).Build();

        await use(refrain);
        await use(framework);
        return (providers[0].Calls, providers[1].Calls);
    }
}
