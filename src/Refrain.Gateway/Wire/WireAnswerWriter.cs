using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Writes a whole answer as a <c>chat.completion</c> object.</summary>
internal static class WireAnswerWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="output">Takes UTF-8 JSON.</param>
    /// <param name="response">The answer.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="id">The identifier to use where the provider gave none.</param>
    /// <param name="now">The time to use where the provider gave none.</param>
    public static void Write(IBufferWriter<byte> output, ChatResponse response, WireRequest request, string id, DateTimeOffset now)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.Plain);
        if (request.ChoiceCount > 1 && response.RawRepresentation is JsonElement raw)
        {
            raw.WriteTo(writer);
            return;
        }
        AdditionalPropertiesDictionary? properties = response.AdditionalProperties;
        writer.WriteStartObject();
        writer.WriteString("id", response.ResponseId ?? id);
        writer.WriteString("object", "chat.completion");
        writer.WriteNumber("created", (response.CreatedAt ?? now).ToUnixTimeSeconds());
        writer.WriteString("model", response.ModelId ?? request.Model);
        writer.WriteStartArray("choices");
        writer.WriteStartObject();
        writer.WriteNumber("index", 0);
        WriteMessage(writer, response, properties);
        writer.WriteString("finish_reason", response.FinishReason == WireAnswerReader.Unfinished ? null : response.FinishReason?.Value);
        writer.WriteProperties(properties.Text(WireNames.Choice));
        writer.WriteEndObject();
        writer.WriteEndArray();
        WireUsage.Write(writer, response.Usage, properties.Text(WireNames.Usage));
        writer.WriteProperties(properties.Text(WireNames.Root));
        writer.WriteEndObject();
    }

    /// <summary>The JSON text under this name, or null.</summary>
    internal static string? Text(this AdditionalPropertiesDictionary? properties, string name) =>
        properties is not null && properties.TryGetValue(name, out object? value) ? value as string : null;

    private static void WriteMessage(Utf8JsonWriter writer, ChatResponse response, AdditionalPropertiesDictionary? properties)
    {
        var contents = response.Messages.SelectMany(message => message.Contents).ToList();
        var texts = contents.OfType<TextContent>().ToList();
        var reasonings = contents.OfType<TextReasoningContent>().ToList();
        var calls = contents.OfType<FunctionCallContent>().ToList();
        writer.WriteStartObject("message");
        writer.WriteString("role", "assistant");
        writer.WriteString("content", texts.Count == 0 ? null : string.Concat(texts.Select(text => text.Text)));
        if (reasonings.Count > 0)
            writer.WriteString(properties.Text(WireNames.Reasoning) ?? "reasoning_content", string.Concat(reasonings.Select(text => text.Text)));
        if (calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls");
            foreach (FunctionCallContent call in calls)
                WireToolCalls.Write(writer, call);
            writer.WriteEndArray();
        }
        writer.WriteProperties(properties.Text(WireNames.Message));
        writer.WriteEndObject();
    }
}
