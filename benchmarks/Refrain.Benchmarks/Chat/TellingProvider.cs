using Microsoft.Extensions.AI;

namespace Refrain.Benchmarks;

/// <summary>A provider whose answer tells for whom it was made.</summary>
internal sealed class TellingProvider : IChatClient
{
    public static string Tell(string? model, string? instructions, string question) => $"{model}|{instructions}|{question}";

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, Tell(options?.ModelId, options?.Instructions, messages.Last().Text))) { FinishReason = ChatFinishReason.Stop });

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nobody asks this provider for a stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
