using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Writes the updates of one answer as server-sent events, each a <c>chat.completion.chunk</c> object.</summary>
/// <param name="request">What was asked.</param>
/// <param name="id">The identifier to use where the provider gave none.</param>
/// <param name="now">The time to use where the provider gave none.</param>
internal sealed class WireChunkWriter(WireRequest request, string id, DateTimeOffset now)
{
    private bool _roleSent;
    private bool _callsSent;
    private int _callCount;
    private UsageDetails? _usage;
    private string? _usageOriginal;
    private ChatResponseUpdate? _usageUpdate;

    /// <summary>Writes one update; one that holds nothing to say writes nothing.</summary>
    public void Write(IBufferWriter<byte> output, ChatResponseUpdate update)
    {
        foreach (UsageContent usage in update.Contents.OfType<UsageContent>())
        {
            _usage = usage.Details;
            _usageUpdate = update;
            _usageOriginal = update.AdditionalProperties.Text(WireNames.Usage);
        }
        if (request.ChoiceCount > 1 && update.RawRepresentation is JsonElement raw)
        {
            WriteRaw(output, raw);
            return;
        }
        if (!HoldsChoice(update))
            return;
        using Utf8JsonWriter writer = Begin(output, update);
        writer.WriteStartArray("choices");
        WriteChoice(writer, update);
        writer.WriteEndArray();
        End(writer, output, update);
    }

    /// <summary>Writes the usage, if the caller asked for it, and the mark of the end.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        if (request is { IncludeUsage: true, ChoiceCount: 1 } && _usage is not null)
        {
            using Utf8JsonWriter writer = Begin(output, _usageUpdate);
            writer.WriteStartArray("choices");
            writer.WriteEndArray();
            WireUsage.Write(writer, _usage, _usageOriginal);
            End(writer, output, _usageUpdate);
        }
        output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>Writes a failure that came after the first chunk. No mark of the end follows, so that nobody takes what there is for the whole.</summary>
    public static void WriteFailure(IBufferWriter<byte> output, ReadOnlySpan<byte> error)
    {
        output.Write("data: "u8);
        output.Write(error);
        output.Write("\n\n"u8);
    }

    private static bool HoldsChoice(ChatResponseUpdate update) =>
        update.Role is not null || update.FinishReason is not null
        || update.AdditionalProperties.Text(WireNames.Delta) is not null || update.AdditionalProperties.Text(WireNames.ChunkChoice) is not null
        || update.Contents.Any(content => content is TextContent or TextReasoningContent or FunctionCallContent);

    private Utf8JsonWriter Begin(IBufferWriter<byte> output, ChatResponseUpdate? update)
    {
        output.Write("data: "u8);
        var writer = new Utf8JsonWriter(output, WireJson.Plain);
        writer.WriteStartObject();
        writer.WriteString("id", update?.ResponseId ?? id);
        writer.WriteString("object", "chat.completion.chunk");
        writer.WriteNumber("created", (update?.CreatedAt ?? now).ToUnixTimeSeconds());
        writer.WriteString("model", update?.ModelId ?? request.Model);
        return writer;
    }

    private static void End(Utf8JsonWriter writer, IBufferWriter<byte> output, ChatResponseUpdate? update)
    {
        writer.WriteProperties(update?.AdditionalProperties.Text(WireNames.Root));
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n\n"u8);
    }

    private void WriteChoice(Utf8JsonWriter writer, ChatResponseUpdate update)
    {
        AdditionalPropertiesDictionary? properties = update.AdditionalProperties;
        writer.WriteStartObject();
        writer.WriteNumber("index", 0);
        writer.WriteStartObject("delta");
        if (!_roleSent)
            writer.WriteString("role", "assistant");
        _roleSent = true;
        string reasoning = string.Concat(update.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        if (reasoning.Length > 0)
            writer.WriteString(properties.Text(WireNames.Reasoning) ?? "reasoning_content", reasoning);
        if (update.Contents.Any(content => content is TextContent))
            writer.WriteString("content", update.Text);
        if (properties.Text(WireNames.Delta) is { } rest)
        {
            _callsSent |= JsonElement.Parse(rest).Property("tool_calls") is not null;
            writer.WriteProperties(rest);
        }
        WriteCalls(writer, update);
        writer.WriteEndObject();
        writer.WriteString("finish_reason", update.FinishReason == WireAnswerReader.Unfinished ? null : update.FinishReason?.Value);
        writer.WriteProperties(properties.Text(WireNames.ChunkChoice));
        writer.WriteEndObject();
    }

    /// <summary>Whole calls, unless they went out piece by piece as the provider sent them.</summary>
    private void WriteCalls(Utf8JsonWriter writer, ChatResponseUpdate update)
    {
        var calls = update.Contents.OfType<FunctionCallContent>().ToList();
        if (_callsSent || calls.Count == 0)
            return;
        writer.WriteStartArray("tool_calls");
        foreach (FunctionCallContent call in calls)
            WireToolCalls.Write(writer, call, _callCount++);
        writer.WriteEndArray();
    }

    /// <summary>A chunk of several answers goes out as it came, but for a usage that the gateway asked for and the caller did not.</summary>
    private void WriteRaw(IBufferWriter<byte> output, JsonElement raw)
    {
        bool onlyUsage = raw.Property("choices") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() == 0 && raw.Property("usage") is not null;
        if (onlyUsage && !request.IncludeUsage)
            return;
        output.Write("data: "u8);
        using (var writer = new Utf8JsonWriter(output, WireJson.Plain))
        {
            writer.WriteStartObject();
            foreach (JsonProperty property in raw.EnumerateObject())
            {
                if (request.IncludeUsage || !property.NameEquals("usage"))
                    property.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        output.Write("\n\n"u8);
    }
}
