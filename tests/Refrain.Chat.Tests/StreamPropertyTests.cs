using CsCheck;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class StreamPropertyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: whatever breaks a stream, nothing of it is stored. Method: every cut, thrown and clean, at every place, with and without an end that says so.
    [Fact]
    public async Task Any_cut_of_a_stream_stores_nothing()
    {
        await Gen.Select(Gen.Int[1, 12], Gen.Int[0, 12], Gen.Int[0, 3]).SampleAsync(
            async (words, cut, how) =>
            {
                await using SemanticCache cache = await Chats.OpenAsync();
                List<ChatResponseUpdate> whole = [.. ScriptedProvider.Words(string.Join(' ', Enumerable.Range(0, words)))];
                int kept = Math.Min(cut, whole.Count - 1);
                var provider = new ScriptedProvider
                {
                    Answer = (call, _) => call > 1 ? whole : how switch
                    {
                        0 => whole.Take(kept),
                        1 => whole.Take(kept).Concat(Throwing()),
                        2 => whole.Take(kept).Append(new ChatResponseUpdate { FinishReason = ChatFinishReason.Length }),
                        _ => whole.Take(kept).Append(new ChatResponseUpdate { Contents = [new ErrorContent("overloaded")], FinishReason = ChatFinishReason.Stop }),
                    },
                };
                using var client = new RefrainChatClient(provider, cache);
                try
                {
                    await client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation).CollectAsync();
                }
                catch (IOException)
                {
                    Assert.Equal(1, how);
                }

                ChatResponse second = await client.GetResponseAsync("q", Chats.Cold, Cancellation);
                Assert.Equal((HitKind.None, 2), (second.Outcome().Kind, provider.Calls));
                Assert.Equal(string.Join(' ', Enumerable.Range(0, words)), second.Text);
            },
            iter: 150);
    }

    // Goal: what any waiter has seen at any moment is a prefix of the one answer. Method: readers join and leave at random moments of a stream.
    [Fact]
    public async Task What_a_waiter_sees_is_always_a_prefix_of_the_same_answer()
    {
        await Gen.Select(Gen.Int[2, 20], Gen.Select(Gen.Int[0, 20], Gen.Int[1, 30]).List[1, 20]).SampleAsync(
            async (words, readers) =>
            {
                await using SemanticCache cache = await Chats.OpenAsync();
                string text = string.Join(' ', Enumerable.Range(0, words).Select(word => $"w{word}"));
                int sent = 0;
                var provider = new ScriptedProvider
                {
                    Answer = (_, _) => ScriptedProvider.Words(text),
                    Between = async (index, _) =>
                    {
                        Volatile.Write(ref sent, index);
                        await Task.Yield();
                    },
                };
                using var client = new RefrainChatClient(provider, cache);
                await Task.WhenAll(readers.Select(reader => Task.Run(async () =>
                {
                    (int joinAt, int leaveAfter) = reader;
                    SpinWait.SpinUntil(() => Volatile.Read(ref sent) >= Math.Min(joinAt, 1), 5);
                    string seen = "";
                    int taken = 0;
                    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("q", Chats.Cold, Cancellation))
                    {
                        seen += update.Text;
                        Assert.StartsWith(seen, text, StringComparison.Ordinal);
                        if (++taken == leaveAfter) return;
                    }

                    Assert.Equal(text, seen);
                })));
                Assert.Equal(1, provider.Calls);
            },
            iter: 60);
    }

    // Goal: an answer reaches only those whose tenant, model, tools and options are those it was made for. Method: the answer tells for whom; a restart in the middle.
    [Fact]
    public async Task Random_requests_never_get_an_answer_of_another_tenant_model_or_tool()
    {
        const int Seed = 20260131;
        TestContext.Current.SendDiagnosticMessage($"seed {Seed}");
        await using var store = new MemoryStore();
        AITool[] tools = [.. Enumerable.Range(0, 3).Select(index => AIFunctionFactory.Create((int x) => x, $"tool{index}"))];
        var random = new Random(Seed);
        int hits = 0;
        for (int start = 0; start < 2; start++)
        {
            await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder(), store: store);
            using var client = new RefrainChatClient(new EchoingProvider(), cache);
            for (int i = 0; i < 10_000; i++)
            {
                string tenant = $"t{random.Next(10)}";
                int tool = random.Next(4);
                var options = new ChatOptions
                {
                    Temperature = random.Next(2) * 0.05f,
                    ModelId = $"m{random.Next(4)}",
                    Seed = random.Next(2) == 0 ? null : 1,
                    Tools = tool == 3 ? null : [tools[tool]],
                    AdditionalProperties = new() { ["tenant for the echo alone"] = null },
                };
                options.WithRefrain(new RefrainRequest { Tenant = tenant });
                options.AdditionalProperties["tenant for the echo alone"] = tenant;
                string question = $"q{random.Next(20)}";
                ChatResponse response = await client.GetResponseAsync(question, options, Cancellation);
                Assert.Equal(EchoingProvider.Echo(question, options), response.Text);
                if (response.Outcome().Kind != HitKind.None) hits++;
            }

            await cache.FlushAsync(Cancellation);
        }

        Assert.True(hits > 5000);
    }

    private static IEnumerable<ChatResponseUpdate> Throwing()
    {
        yield return new ChatResponseUpdate { MessageId = "message-1" };
        throw new IOException("cut");
    }

    private sealed class EchoingProvider : IChatClient
    {
        public static string Echo(string question, ChatOptions? options) =>
            $"{question} {options?.ModelId} {options?.Temperature} {options?.Seed} {options?.Tools?.Single().Name} {options?.AdditionalProperties?["tenant for the echo alone"]}";

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, Echo(messages.Last().Text, options))));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Nobody asks this provider for a stream.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
