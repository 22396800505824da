using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Reads the chunks of one stream, in order. Remembers the parts of tool calls until they are whole.</summary>
internal sealed class WireChunkReader
{
    private readonly SortedDictionary<long, PartialCall> _calls = [];

    /// <summary>Reads a <c>chat.completion.chunk</c> object.</summary>
    /// <exception cref="FormatException">It holds a string that is no text.</exception>
    public ChatResponseUpdate Read(JsonElement root)
    {
        WireJson.RequireText(root);
        JsonElement? choice = FirstChoice(root);
        JsonElement delta = choice?.Property("delta") ?? default;
        (string? reasoning, string? spelling) = WireAnswerReader.ReasoningOf(delta);
        var update = new ChatResponseUpdate
        {
            ResponseId = root.StringProperty("id"),
            MessageId = root.StringProperty("id"),
            ModelId = root.StringProperty("model"),
            CreatedAt = WireAnswerReader.CreatedAt(root),
            Role = WireAnswerReader.RoleOf(delta),
            FinishReason = choice is { } finished ? WireAnswerReader.FinishReasonOf(finished) : null,
            RawRepresentation = root,
            AdditionalProperties = [],
        };
        if (reasoning is not null)
            update.Contents.Add(new TextReasoningContent(reasoning));
        if (delta.StringProperty("content") is { } text)
            update.Contents.Add(new TextContent(text));
        if (WireAnswerReader.RefusalOf(delta) is { } refusal)
            update.Contents.Add(refusal);
        Gather(delta);
        if (update.FinishReason is not null)
            AddCalls(update);
        if (root.Property("usage") is { } usage)
        {
            update.Contents.Add(new UsageContent(WireUsage.Read(usage)));
            WireAnswerReader.Keep(update.AdditionalProperties, WireNames.Usage, usage.GetRawText());
        }
        WireAnswerReader.Keep(update.AdditionalProperties, WireNames.Root, root.Without("id", "object", "created", "model", "choices", "usage"));
        WireAnswerReader.Keep(update.AdditionalProperties, WireNames.ChunkChoice, choice?.Without("index", "delta", "finish_reason"));
        if (delta.ValueKind == JsonValueKind.Object)
            WireAnswerReader.Keep(update.AdditionalProperties, WireNames.Delta, delta.Without("role", "content", spelling ?? "reasoning_content"));
        WireAnswerReader.Keep(update.AdditionalProperties, WireNames.Reasoning, spelling is "reasoning_content" ? null : spelling);
        return update;
    }

    /// <summary>The first of several answers: the others go through only where the raw chunk does.</summary>
    private static JsonElement? FirstChoice(JsonElement root)
    {
        if (root.Property("choices") is not { ValueKind: JsonValueKind.Array } choices)
            return null;
        foreach (JsonElement choice in choices.EnumerateArray())
        {
            if ((choice.IntegerProperty("index") ?? 0) == 0)
                return choice;
        }
        return null;
    }

    private void Gather(JsonElement delta)
    {
        if (delta.Property("tool_calls") is not { ValueKind: JsonValueKind.Array } parts)
            return;
        foreach (JsonElement part in parts.EnumerateArray())
        {
            long index = part.IntegerProperty("index") ?? 0;
            if (!_calls.TryGetValue(index, out PartialCall? call))
                _calls[index] = call = new PartialCall();
            call.Id ??= part.StringProperty("id");
            if (part.Property("function") is not { } function)
                continue;
            call.Name ??= function.StringProperty("name");
            call.Arguments.Append(function.StringProperty("arguments"));
        }
    }

    private void AddCalls(ChatResponseUpdate update)
    {
        foreach (PartialCall call in _calls.Values)
            update.Contents.Add(WireToolCalls.Make(call.Id ?? "", call.Name ?? "", call.Arguments.ToString()));
        _calls.Clear();
    }

    private sealed class PartialCall
    {
        public string? Id { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();
    }
}
