using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>
/// Copies for callers who share one answer, so that none sees what another does to it: middlewares mark tool calls as done, and callers add to
/// lists and properties. Texts and bytes cannot be changed, and are shared.
/// </summary>
internal static class AnswerCopy
{
    public static ChatResponseUpdate Of(ChatResponseUpdate update)
    {
        ChatResponseUpdate copy = update.Clone();
        copy.Contents = Of(update.Contents);
        copy.AdditionalProperties = update.AdditionalProperties?.Clone();
        return copy;
    }

    public static ChatResponse Of(ChatResponse response) => Of(response, response.AdditionalProperties?.Clone());

    /// <summary>A copy with properties that belong to the copy already.</summary>
    public static ChatResponse Of(ChatResponse response, AdditionalPropertiesDictionary? properties)
    {
        var messages = new List<ChatMessage>(response.Messages.Count);
        for (int i = 0; i < response.Messages.Count; i++) messages.Add(Of(response.Messages[i]));
        return new ChatResponse
        {
            Messages = messages,
            ResponseId = response.ResponseId,
            ConversationId = response.ConversationId,
            ModelId = response.ModelId,
            CreatedAt = response.CreatedAt,
            FinishReason = response.FinishReason,
            Usage = response.Usage is { } usage ? Of(usage) : null,
            ContinuationToken = response.ContinuationToken,
            RawRepresentation = response.RawRepresentation,
            AdditionalProperties = properties,
        };
    }

    private static ChatMessage Of(ChatMessage message)
    {
        ChatMessage copy = message.Clone();
        copy.Contents = Of(message.Contents);
        copy.AdditionalProperties = message.AdditionalProperties?.Clone();
        return copy;
    }

    private static List<AIContent> Of(IList<AIContent> contents)
    {
        var copies = new List<AIContent>(contents.Count);
        for (int i = 0; i < contents.Count; i++) copies.Add(Of(contents[i]));
        return copies;
    }

    /// <summary>A content whose type is not known here is shared: only its own type could copy it whole.</summary>
    private static AIContent Of(AIContent content)
    {
        AIContent? copy = content switch
        {
            TextContent text when text.GetType() == typeof(TextContent) => new TextContent(text.Text),
            UsageContent usage when usage.GetType() == typeof(UsageContent) => new UsageContent(Of(usage.Details)),
            FunctionCallContent call when call.GetType() == typeof(FunctionCallContent) => new FunctionCallContent(call.CallId, call.Name, Of(call.Arguments))
            {
                Exception = call.Exception,
                InformationalOnly = call.InformationalOnly,
            },
            TextReasoningContent thought when thought.GetType() == typeof(TextReasoningContent) =>
                new TextReasoningContent(thought.Text) { ProtectedData = thought.ProtectedData },
            FunctionResultContent result when result.GetType() == typeof(FunctionResultContent) =>
                new FunctionResultContent(result.CallId, result.Result) { Exception = result.Exception },
            DataContent data when data.GetType() == typeof(DataContent) => new DataContent(data.Data, data.MediaType) { Name = data.Name },
            UriContent uri when uri.GetType() == typeof(UriContent) => new UriContent(uri.Uri, uri.MediaType),
            ErrorContent error when error.GetType() == typeof(ErrorContent) => new ErrorContent(error.Message) { ErrorCode = error.ErrorCode, Details = error.Details },
            _ => null,
        };
        if (copy is null) return content;
        copy.RawRepresentation = content.RawRepresentation;
        copy.AdditionalProperties = content.AdditionalProperties?.Clone();
        if (content.Annotations is { } annotations) copy.Annotations = [.. annotations.Select(Of)];
        return copy;
    }

    private static AIAnnotation Of(AIAnnotation annotation) => annotation is CitationAnnotation citation && citation.GetType() == typeof(CitationAnnotation)
        ? new CitationAnnotation
        {
            Title = citation.Title,
            Url = citation.Url,
            FileId = citation.FileId,
            ToolName = citation.ToolName,
            Snippet = citation.Snippet,
            AnnotatedRegions = citation.AnnotatedRegions is { } regions ? [.. regions.Select(Of)] : null,
            RawRepresentation = citation.RawRepresentation,
            AdditionalProperties = citation.AdditionalProperties?.Clone(),
        }
        : annotation;

    private static AnnotatedRegion Of(AnnotatedRegion region) => region is TextSpanAnnotatedRegion span && span.GetType() == typeof(TextSpanAnnotatedRegion)
        ? new TextSpanAnnotatedRegion { StartIndex = span.StartIndex, EndIndex = span.EndIndex }
        : region;

    private static IDictionary<string, object?>? Of(IDictionary<string, object?>? arguments) => arguments switch
    {
        null => null,
        AdditionalPropertiesDictionary properties => properties.Clone(),
        _ => new Dictionary<string, object?>(arguments, (arguments as Dictionary<string, object?>)?.Comparer ?? StringComparer.Ordinal),
    };

    private static UsageDetails Of(UsageDetails usage) => new()
    {
        InputTokenCount = usage.InputTokenCount,
        OutputTokenCount = usage.OutputTokenCount,
        TotalTokenCount = usage.TotalTokenCount,
        CachedInputTokenCount = usage.CachedInputTokenCount,
        ReasoningTokenCount = usage.ReasoningTokenCount,
        InputAudioTokenCount = usage.InputAudioTokenCount,
        InputTextTokenCount = usage.InputTextTokenCount,
        OutputAudioTokenCount = usage.OutputAudioTokenCount,
        OutputTextTokenCount = usage.OutputTextTokenCount,
        AdditionalCounts = usage.AdditionalCounts is { } counts ? new AdditionalPropertiesDictionary<long>(counts) : null,
    };
}
