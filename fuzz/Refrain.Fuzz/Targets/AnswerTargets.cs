using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Fuzz;

/// <summary>Stored answers of chats, as a store hands them over.</summary>
internal static class AnswerTargets
{
    /// <summary>Any bytes: an answer that can be served in both ways, or none.</summary>
    public static void Decode(ReadOnlySpan<byte> data)
    {
        if (!AnswerCodec.TryDecode(data.ToArray(), out StoredAnswer? answer))
            return;
        _ = answer.ToResponse();
        _ = answer.ToUpdates();
    }

    /// <summary>A plain answer and a streamed one, with everything in them that is kept.</summary>
    public static IEnumerable<byte[]> Answers()
    {
        ChatResponse plain = new(new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Easy."), new TextContent("Paris."), new UriContent("https://example.org/a.png", "image/png"), new DataContent(new byte[] { 1, 2 }, "image/png"), new FunctionCallContent("c", "f", new Dictionary<string, object?> { ["a"] = 1L, ["b"] = null })]))
        {
            ResponseId = "r",
            ModelId = "m-1",
            CreatedAt = DateTimeOffset.UnixEpoch,
            FinishReason = ChatFinishReason.Stop,
            Usage = new UsageDetails { InputTokenCount = 8, OutputTokenCount = 2, TotalTokenCount = 10 },
            AdditionalProperties = new() { ["text"] = "t", ["number"] = 1.5, ["flag"] = true },
        };
        if (AnswerCodec.Encode(plain) is { } whole)
            yield return whole;
        if (AnswerCodec.Encode([new ChatResponseUpdate(ChatRole.Assistant, "Pa") { ResponseId = "r" }, new ChatResponseUpdate(ChatRole.Assistant, "ris.") { FinishReason = ChatFinishReason.Stop }]) is { } streamed)
            yield return streamed;
        yield return [];
    }
}
