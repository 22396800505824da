using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Refrain.Benchmarks;

/// <summary>A provider whose answer is always the same, in one piece or in chunks of 16 characters; a gate can hold it back.</summary>
internal sealed class FixedProvider(string answer) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("fixed", new Uri("https://fixed.test"), "model");
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Awaited before each chunk.</summary>
    public Func<int, Task> BeforeChunk { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Told of each chunk just before it goes out.</summary>
    public Action<int> OnChunk { get; set; } = static _ => { };

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer) { MessageId = "m" })
        {
            ResponseId = "r",
            ModelId = "model",
            FinishReason = ChatFinishReason.Stop,
            Usage = new UsageDetails { InputTokenCount = 200, OutputTokenCount = 500, TotalTokenCount = 700 },
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        for (int start = 0, index = 0; start < answer.Length; start += 16, index++)
        {
            await BeforeChunk(index);
            OnChunk(index);
            yield return new ChatResponseUpdate(ChatRole.Assistant, answer.Substring(start, Math.Min(16, answer.Length - start))) { ResponseId = "r", MessageId = "m" };
        }

        yield return new ChatResponseUpdate { ResponseId = "r", MessageId = "m", FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? _metadata : null;

    public void Dispose()
    {
    }
}
