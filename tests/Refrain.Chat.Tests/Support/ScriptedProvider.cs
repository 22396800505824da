using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

/// <summary>A provider that does what a test says: delays, fails, breaks half-way, goes silent. By default it answers each question with words of its own.</summary>
internal sealed class ScriptedProvider(string name = "scripted", string model = "model-a") : IChatClient
{
    private readonly ChatClientMetadata _metadata = new(name, new Uri($"https://{name}.test/v1"), model);
    private int _calls;
    private int _streams;
    private int _finished;

    /// <summary>Upstream calls of both modes.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Streams that were begun.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Streams that reached their end.</summary>
    public int Finished => Volatile.Read(ref _finished);

    public List<ChatOptions?> Seen { get; } = [];

    /// <summary>Awaited before anything is answered.</summary>
    public Func<int, CancellationToken, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>The chunks of an answer.</summary>
    public Func<int, string, IEnumerable<ChatResponseUpdate>> Answer { get; set; } = static (call, question) => Words($"answer {call} to {question}");

    /// <summary>Awaited before each chunk but the first.</summary>
    public Func<int, CancellationToken, Task> Between { get; set; } = static (_, _) => Task.CompletedTask;

    public static IEnumerable<ChatResponseUpdate> Words(string text, ChatFinishReason? end = null, bool usage = true)
    {
        string[] words = text.Split(' ');
        for (int i = 0; i < words.Length; i++)
        {
            yield return new ChatResponseUpdate(i == 0 ? ChatRole.Assistant : null, i == 0 ? words[i] : " " + words[i])
            {
                ResponseId = "response-1",
                MessageId = "message-1",
                ModelId = "model-a",
            };
        }

        var last = new ChatResponseUpdate { ResponseId = "response-1", MessageId = "message-1", ModelId = "model-a", FinishReason = end ?? ChatFinishReason.Stop };
        if (usage) last.Contents.Add(new UsageContent(new UsageDetails { InputTokenCount = 10, OutputTokenCount = words.Length, TotalTokenCount = 10 + words.Length }));
        yield return last;
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        int call = Begin(options);
        await Before(call, cancellationToken);
        return Answer(call, Question(messages)).ToChatResponse();
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int call = Begin(options);
        Interlocked.Increment(ref _streams);
        await Before(call, cancellationToken);
        int index = 0;
        foreach (ChatResponseUpdate update in Answer(call, Question(messages)))
        {
            if (index++ > 0) await Between(index, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            yield return update;
        }

        Interlocked.Increment(ref _finished);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? _metadata : null;

    public void Dispose()
    {
    }

    private int Begin(ChatOptions? options)
    {
        lock (Seen) Seen.Add(options);
        return Interlocked.Increment(ref _calls);
    }

    private static string Question(IEnumerable<ChatMessage> messages) => messages.Last(message => message.Role == ChatRole.User).Text;
}
