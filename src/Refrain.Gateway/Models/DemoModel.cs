using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>
/// Stands in for a language model where no upstream is configured, so that everything else can be seen without a key. It says in every answer
/// what it is. Its answer, its delays and its usage are a function of the model's name and the messages, the same on every machine.
/// </summary>
/// <param name="time">Waits on it; with <see cref="VirtualTimeProvider"/> the delays are counted and not slept.</param>
/// <param name="prices">What it costs: a name that the list does not know costs what the first of <see cref="ModelNames"/> does. Null: nothing.</param>
internal sealed class DemoModel(TimeProvider time, ModelPrices? prices = null) : IChatClient
{
    /// <summary>The names it goes by in <c>GET /v1/models</c>; it answers to any other as well.</summary>
    public static readonly string[] ModelNames = ["demo-small", "demo-large"];

    /// <summary>Name of the provider in identities and metrics.</summary>
    public const string ProviderName = "refrain-demo";

    private const int QuotedLengthMax = 160;
    private static readonly TimeSpan FirstTokenDelayMin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan TokenDelay = TimeSpan.FromMilliseconds(12);

    private static readonly string[] Remarks =
    [
        "A real model would weigh the question, and take about this long to start.",
        "Ask again in the same words, and the answer comes from memory in well under a millisecond.",
        "Change the spelling, the case or the punctuation, and it is most likely still recognised.",
        "Change a number, a name or the sense, and it must not be.",
        "What a repeated answer would have cost is added to the money saved.",
        "Another model, another temperature or another system prompt is another question.",
        "Nothing you write here leaves this machine.",
        "Tokens are counted as a quarter of the characters, which is near enough for a demonstration.",
    ];

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Draft draft = Compose([.. messages], options);
        await Task.Delay(draft.FirstTokenDelay + TokenDelay * draft.Pieces.Count, time, cancellationToken).ConfigureAwait(false);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, string.Concat(draft.Pieces)))
        {
            ResponseId = draft.Id,
            ModelId = draft.Model,
            CreatedAt = time.GetUtcNow(),
            FinishReason = draft.FinishReason,
            Usage = draft.Usage,
            AdditionalProperties = CostOf(draft),
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Draft draft = Compose([.. messages], options);
        DateTimeOffset created = time.GetUtcNow();
        await Task.Delay(draft.FirstTokenDelay, time, cancellationToken).ConfigureAwait(false);
        foreach (string piece in draft.Pieces)
        {
            await Task.Delay(TokenDelay, time, cancellationToken).ConfigureAwait(false);
            yield return Update(draft, created, new TextContent(piece));
        }
        ChatResponseUpdate end = Update(draft, created);
        end.FinishReason = draft.FinishReason;
        yield return end;
        ChatResponseUpdate usage = Update(draft, created, new UsageContent(draft.Usage));
        // Without a message's name, what it says is said of the whole answer.
        usage.MessageId = null;
        usage.AdditionalProperties = CostOf(draft);
        yield return usage;
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return new ChatClientMetadata(ProviderName, providerUri: null, ModelNames[0]);
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
    }

    /// <summary>What an answer of this model costs; null where no price is known.</summary>
    public static decimal? CostOf(ModelPrices? prices, string model, UsageDetails usage) =>
        (prices?.Find(model) ?? prices?.Find(ModelNames[0]))?.CostOf(usage.InputTokenCount ?? 0, usage.OutputTokenCount ?? 0);

    private AdditionalPropertiesDictionary? CostOf(Draft draft) =>
        CostOf(prices, draft.Model, draft.Usage) is { } cost ? new AdditionalPropertiesDictionary { [RefrainProperties.Cost] = cost } : null;

    private static ChatResponseUpdate Update(Draft draft, DateTimeOffset created, params AIContent[] contents) => new(ChatRole.Assistant, contents)
    {
        ResponseId = draft.Id,
        MessageId = draft.Id,
        ModelId = draft.Model,
        CreatedAt = created,
    };

    private static Draft Compose(List<ChatMessage> messages, ChatOptions? options)
    {
        string model = options?.ModelId ?? ModelNames[0];
        string question = messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(model + "\n" + string.Join('\n', messages.Select(message => $"{message.Role}: {message.Text}"))));
        var text = new StringBuilder("This is Refrain's demo model: a formula, no language model, made this answer. ");
        text.Append("You asked: “").Append(Quoted(question)).Append("” ");
        int remarkCount = 1 + digest[0] % 4;
        for (int i = 0; i < remarkCount; i++)
            text.Append(Remarks[(digest[1] + i * 3) % Remarks.Length]).Append(' ');
        text.Append("Set REFRAIN_UPSTREAM_URL to have a real model answer.");

        List<string> pieces = [.. Pieces(text.ToString())];
        bool cut = options?.MaxOutputTokens is { } most && pieces.Count > most;
        if (cut)
            pieces.RemoveRange(options!.MaxOutputTokens!.Value, pieces.Count - options.MaxOutputTokens.Value);
        long input = messages.Sum(message => TokenCount(message.Text) + 4L);
        return new Draft
        {
            Id = "chatcmpl-demo-" + Convert.ToHexStringLower(digest.AsSpan(0, 8)),
            Model = model,
            Pieces = pieces,
            FinishReason = cut ? ChatFinishReason.Length : ChatFinishReason.Stop,
            FirstTokenDelay = FirstTokenDelayMin + TimeSpan.FromMilliseconds(digest[2]),
            Usage = new UsageDetails { InputTokenCount = input, OutputTokenCount = pieces.Count, TotalTokenCount = input + pieces.Count },
        };
    }

    // Documented in the answer itself, and good enough for prices of a demonstration.
    private static int TokenCount(string text) => (text.Length + 3) / 4;

    private static string Quoted(string question)
    {
        string line = question.ReplaceLineEndings(" ").Trim();
        if (line.Length <= QuotedLengthMax)
            return line;
        int end = char.IsHighSurrogate(line[QuotedLengthMax - 1]) ? QuotedLengthMax - 1 : QuotedLengthMax;
        return string.Concat(line.AsSpan(0, end), "…");
    }

    /// <summary>A token is a quarter of the characters of a text, or a little more, and never half a surrogate pair.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        const int pieceLength = 4;
        for (int start = 0; start < text.Length;)
        {
            int end = Math.Min(text.Length, start + pieceLength);
            if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
                end++;
            yield return text[start..end];
            start = end;
        }
    }

    private sealed class Draft
    {
        public required string Id { get; init; }

        public required string Model { get; init; }

        public required List<string> Pieces { get; init; }

        public required ChatFinishReason FinishReason { get; init; }

        public required TimeSpan FirstTokenDelay { get; init; }

        public required UsageDetails Usage { get; init; }
    }
}
