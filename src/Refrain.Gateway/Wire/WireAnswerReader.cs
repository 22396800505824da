using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>
/// Reads what a provider answers. Nothing is lost: a property without a place in the framework's types goes into the additional properties
/// of <see cref="WireNames"/>, from where <see cref="WireAnswerWriter"/> and <see cref="WireChunkWriter"/> take it.
/// </summary>
internal static class WireAnswerReader
{
    /// <summary>Stands for JSON's null in <c>finish_reason</c> of a whole answer.</summary>
    public static readonly ChatFinishReason Unfinished = new("openai.null");

    /// <summary>Reads a whole answer, a <c>chat.completion</c> object.</summary>
    /// <exception cref="FormatException">It holds no choice, or a string that is no text.</exception>
    public static ChatResponse Read(JsonElement root)
    {
        WireJson.RequireText(root);
        if (root.Property("choices") is not { ValueKind: JsonValueKind.Array } choices || choices.GetArrayLength() == 0)
            throw new FormatException("The answer holds no choice.");
        JsonElement choice = choices[0];
        JsonElement message = choice.Property("message") ?? throw new FormatException("The answer's choice holds no message.");
        var read = new ChatMessage(RoleOf(message) ?? ChatRole.Assistant, []);
        (string? reasoning, string? spelling) = ReasoningOf(message);
        if (reasoning is not null)
            read.Contents.Add(new TextReasoningContent(reasoning));
        if (message.StringProperty("content") is { } text)
            read.Contents.Add(new TextContent(text));
        if (message.Property("tool_calls") is { ValueKind: JsonValueKind.Array } calls)
        {
            foreach (JsonElement call in calls.EnumerateArray())
                read.Contents.Add(WireToolCalls.Read(call));
        }
        if (RefusalOf(message) is { } refusal)
            read.Contents.Add(refusal);

        var response = new ChatResponse(read)
        {
            ResponseId = root.StringProperty("id"),
            ModelId = root.StringProperty("model"),
            CreatedAt = CreatedAt(root),
            // An answer that does not say how it ended is not finished, and must not be kept as if it were.
            FinishReason = FinishReasonOf(choice) ?? Unfinished,
            Usage = root.Property("usage") is { } usage ? WireUsage.Read(usage) : null,
            RawRepresentation = root,
            AdditionalProperties = [],
        };
        Keep(response.AdditionalProperties, WireNames.Root, root.Without("id", "object", "created", "model", "choices", "usage"));
        Keep(response.AdditionalProperties, WireNames.Choice, choice.Without("index", "message", "finish_reason"));
        Keep(response.AdditionalProperties, WireNames.Message, message.Without("role", "content", "tool_calls", spelling ?? "reasoning_content"));
        Keep(response.AdditionalProperties, WireNames.Usage, root.Property("usage")?.GetRawText());
        Keep(response.AdditionalProperties, WireNames.Reasoning, spelling is "reasoning_content" ? null : spelling);
        return response;
    }

    /// <summary>Who speaks; null where it is not said, or said by white space.</summary>
    internal static ChatRole? RoleOf(JsonElement message) =>
        message.StringProperty("role") is { } role && !string.IsNullOrWhiteSpace(role) ? new ChatRole(role) : null;

    /// <summary>A provider's reasoning and the property it stands in: providers spell it in two ways.</summary>
    internal static (string? Text, string? Spelling) ReasoningOf(JsonElement message)
    {
        foreach (string spelling in (ReadOnlySpan<string>)["reasoning_content", "reasoning"])
        {
            if (message.StringProperty(spelling) is { } text)
                return (text, spelling);
        }
        return (null, null);
    }

    /// <summary>A refusal is told to admission as an error; its text goes out with the other properties.</summary>
    internal static ErrorContent? RefusalOf(JsonElement message) =>
        message.StringProperty("refusal") is { Length: > 0 } refusal ? new ErrorContent(refusal) { ErrorCode = "Refusal" } : null;

    internal static ChatFinishReason? FinishReasonOf(JsonElement choice) =>
        choice.StringProperty("finish_reason") is { } reason && !string.IsNullOrWhiteSpace(reason) ? new ChatFinishReason(reason) : null;

    internal static DateTimeOffset? CreatedAt(JsonElement root) =>
        root.IntegerProperty("created") is { } seconds and >= 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    internal static void Keep(AdditionalPropertiesDictionary properties, string name, string? json)
    {
        if (json is not null)
            properties[name] = json;
    }
}
