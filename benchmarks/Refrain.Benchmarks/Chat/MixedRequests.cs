using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Benchmarks;

/// <summary>
/// Random requests that often differ in one thing only: tenant, model, system prompt, limit, history, or a tool that has the same name and another schema.
/// Each answer is compared with what its own request would have been told.
/// </summary>
/// <param name="seed">Of the requests.</param>
/// <param name="questions">How many questions there are, each in three spellings.</param>
internal sealed class MixedRequests(int seed, int questions)
{
    private readonly Random _random = new(seed);

    private readonly AITool[][] _tools =
    [
        [],
        [AIFunctionFactory.Create((int x) => x, "tool", "A tool.")],
        [AIFunctionFactory.Create((string x) => x, "tool", "A tool.")],
        [AIFunctionFactory.Create((int x) => x, "tool", "Another tool.")],
    ];

    /// <summary>Answers by the tier they came from.</summary>
    public Dictionary<HitKind, int> Answers { get; } = Enum.GetValues<HitKind>().ToDictionary(kind => kind, _ => 0);

    /// <summary>Answers that were made for another tenant, model, tool, prompt or history, and exact ones that were made for other words.</summary>
    public int Wrong { get; private set; }

    /// <summary>Opens a cache over the store, as a process would that starts, and asks.</summary>
    public async Task RunAsync(IDurableStore store, IEmbeddingGenerator<string, Embedding<float>> embedder, int count, CancellationToken cancellation)
    {
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, embedder, cancellationToken: cancellation);
        using var client = new RefrainChatClient(new TellingProvider(), cache);
        for (int i = 0; i < count; i++)
        {
            (List<ChatMessage> messages, ChatOptions options) = Next();
            string expected = TellingProvider.TellScope(messages, options);
            ChatResponse response = await client.GetResponseAsync(messages, options, cancellation);
            HitKind kind = RefrainOutcome.Of(response.AdditionalProperties).Kind;
            Answers[kind]++;
            bool isRight = kind == HitKind.Semantic ? response.Text.StartsWith(expected, StringComparison.Ordinal) : response.Text == expected + messages[^1].Text;
            if (!isRight) Wrong++;
        }

        await cache.FlushAsync(cancellation);
    }

    private (List<ChatMessage> Messages, ChatOptions Options) Next()
    {
        int number = _random.Next(questions);
        string tenant = $"tenant{_random.Next(20)}";
        List<ChatMessage> messages = _random.Next(3) switch
        {
            0 => [],
            1 => [new(ChatRole.User, "Oslo?"), new(ChatRole.Assistant, "Yes.")],
            _ => [new(ChatRole.User, "Oslo?"), new(ChatRole.Assistant, "No.")],
        };
        messages.Add(new ChatMessage(ChatRole.User, _random.Next(8) switch
        {
            0 => $"what is entry {number} of the list",
            1 => $"What is entry {number} of the list ?",
            _ => $"What is entry {number} of the list?",
        }));
        var options = new ChatOptions
        {
            Temperature = 0,
            ModelId = $"model{_random.Next(4)}",
            Instructions = _random.Next(2) == 0 ? null : "Be brief.",
            MaxOutputTokens = _random.Next(2) == 0 ? null : 100,
            Tools = _tools[_random.Next(_tools.Length)],
            AdditionalProperties = new() { [TellingProvider.TenantProperty] = tenant },
        };
        return (messages, options.WithRefrain(new RefrainRequest { Tenant = tenant }));
    }
}
