using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Decides whether an answer may be stored. What would be wrong to say twice is said once.</summary>
internal static class AnswerAdmission
{
    /// <summary>Judges a whole answer.</summary>
    /// <param name="response">The answer, whole.</param>
    /// <param name="streamed">Whether it came as a stream. A stream without a finish reason may have been cut; a response arrived whole.</param>
    /// <param name="rules">The rules.</param>
    public static StoreRefusal Judge(ChatResponse response, bool streamed, RefrainChatOptions rules)
    {
        if (Judge(response.FinishReason, streamed, rules) is not StoreRefusal.None and var refusal) return refusal;
        if (response.ConversationId is not null || response.ContinuationToken is not null) return StoreRefusal.ServerState;
        if (response.AdditionalProperties?.ContainsKey(RefrainProperties.Fallback) == true) return StoreRefusal.Fallback;

        bool says = false;
        foreach (ChatMessage message in response.Messages)
        {
            foreach (AIContent content in message.Contents)
            {
                switch (content)
                {
                    case ErrorContent: return StoreRefusal.Error;
                    case ToolCallContent when !rules.StoreToolCalls: return StoreRefusal.ToolCalls;
                    case TextContent text: says |= !string.IsNullOrWhiteSpace(text.Text); break;
                    case TextReasoningContent or UsageContent: break;
                    default: says = true; break;
                }
            }
        }

        return says ? StoreRefusal.None : StoreRefusal.Empty;
    }

    private static StoreRefusal Judge(ChatFinishReason? end, bool streamed, RefrainChatOptions rules)
    {
        if (end is not { } reason) return streamed ? StoreRefusal.Unfinished : StoreRefusal.None;
        if (reason == ChatFinishReason.Stop) return StoreRefusal.None;
        if (reason == ChatFinishReason.Length) return StoreRefusal.Truncated;
        if (reason == ChatFinishReason.ContentFilter) return StoreRefusal.Filtered;
        if (reason == ChatFinishReason.ToolCalls) return rules.StoreToolCalls ? StoreRefusal.None : StoreRefusal.ToolCalls;
        return StoreRefusal.OtherEnd;
    }
}
