using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Refrain.Examples;

/// <summary>Stands where your provider's client would stand. It knows nothing, says so, and counts how often it was asked.</summary>
internal sealed class DemoModel(string name = "demo-model") : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("demo", providerUri: null, name);

    /// <summary>How often it was asked.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether it refuses to answer, as a provider does that is down.</summary>
    public bool IsDown { get; set; }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Calls++;
        if (IsDown) throw new HttpRequestException($"{name} is down.");
        await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        string question = messages.Last(message => message.Role == ChatRole.User).Text;
        string[] words = $"I am {name}, a demo, and this is my answer number {Calls}: \"{question}\" is a good question.".Split(' ');
        for (int i = 0; i < words.Length; i++)
            yield return new ChatResponseUpdate(ChatRole.Assistant, i == 0 ? words[i] : " " + words[i]) { MessageId = "1", ModelId = name };
        var usage = new UsageDetails { InputTokenCount = question.Length / 4, OutputTokenCount = words.Length, TotalTokenCount = (question.Length / 4) + words.Length };
        yield return new ChatResponseUpdate { MessageId = "1", ModelId = name, FinishReason = ChatFinishReason.Stop, Contents = [new UsageContent(usage)] };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? _metadata : null;

    public void Dispose()
    {
    }
}
