using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Examples;

/// <summary>A hundred readers share one upstream stream, and who comes later gets it chunk by chunk, as it was.</summary>
internal static class Streaming
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellation)
    {
        await using var store = new MemoryStore();
        await using SemanticCache cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), store, cancellationToken: cancellation);
        var model = new DemoModel();
        using IChatClient client = new ChatClientBuilder(model).UseRefrain(cache).Build();

        List<ChatResponseUpdate>[] together = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ReadAsync()));
        List<ChatResponseUpdate> later = await ReadAsync();
        ChatResponse whole = await client.GetResponseAsync("Sing it again", new ChatOptions { Temperature = 0 }, cancellation);

        await output.WriteLineAsync($"upstream calls: {model.Calls}");
        await output.WriteLineAsync($"different texts among 100 readers: {together.Select(TextOf).Distinct(StringComparer.Ordinal).Count()}");
        await output.WriteLineAsync($"chunks live and replayed: {together[0].Count} and {later.Count}");
        await output.WriteLineAsync($"in one piece: {RefrainOutcome.Of(whole.AdditionalProperties).Kind}, {(whole.Text == TextOf(later) ? "the same words" : "other words")}");

        async Task<List<ChatResponseUpdate>> ReadAsync()
        {
            var updates = new List<ChatResponseUpdate>();
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Sing it again", new ChatOptions { Temperature = 0 }, cancellation))
                updates.Add(update);
            return updates;
        }

        static string TextOf(List<ChatResponseUpdate> updates) => string.Concat(updates.Select(update => update.Text));
    }
}
