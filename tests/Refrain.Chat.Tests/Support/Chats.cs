using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

/// <summary>What most tests begin with.</summary>
internal static class Chats
{
    public static ChatOptions Cold => new() { Temperature = 0 };

    public static async Task<SemanticCache> OpenAsync(
        IEmbeddingGenerator<string, Embedding<float>>? embedder = null, TimeProvider? time = null, IDurableStore? store = null) =>
        await SemanticCache.OpenAsync(
            new SemanticCacheOptions { Guards = Guards.None },
            store ?? new MemoryStore(time),
            embedder,
            new SemanticCacheServices { TimeProvider = time });

    public static ChatOptions With(RefrainRequest request) => Cold.WithRefrain(request);

    public static RefrainOutcome Outcome(this ChatResponse response) => RefrainOutcome.Of(response.AdditionalProperties);

    public static RefrainOutcome Outcome(this ChatResponseUpdate update) => RefrainOutcome.Of(update.AdditionalProperties);

    public static async Task<List<ChatResponseUpdate>> CollectAsync(this IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        var all = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in updates) all.Add(update);
        return all;
    }

    public static string TextOf(IEnumerable<ChatResponseUpdate> updates) => string.Concat(updates.Select(update => update.Text));

    /// <summary>Waits until something holds. A test that never gets there fails by its own time-out.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds()) await Task.Delay(1, TestContext.Current.CancellationToken);
    }
}
