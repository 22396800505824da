using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Copies for callers who share one upstream answer: each may add to its lists and properties without the others seeing it.</summary>
internal static class AnswerCopy
{
    public static ChatResponseUpdate Of(ChatResponseUpdate update)
    {
        ChatResponseUpdate copy = update.Clone();
        copy.Contents = [.. update.Contents];
        copy.AdditionalProperties = update.AdditionalProperties?.Clone();
        return copy;
    }

    public static ChatResponse Of(ChatResponse response) => new()
    {
        Messages = [.. response.Messages.Select(Of)],
        ResponseId = response.ResponseId,
        ConversationId = response.ConversationId,
        ModelId = response.ModelId,
        CreatedAt = response.CreatedAt,
        FinishReason = response.FinishReason,
        Usage = response.Usage,
        ContinuationToken = response.ContinuationToken,
        RawRepresentation = response.RawRepresentation,
        AdditionalProperties = response.AdditionalProperties?.Clone(),
    };

    private static ChatMessage Of(ChatMessage message)
    {
        ChatMessage copy = message.Clone();
        copy.Contents = [.. message.Contents];
        copy.AdditionalProperties = message.AdditionalProperties?.Clone();
        return copy;
    }
}
