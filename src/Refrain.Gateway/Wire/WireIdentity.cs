using System.Buffers;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Refrain.Gateway;

/// <summary>
/// Writes everything in a request that must be equal, and is not already compared as the text of a message, as one text: top-level properties sorted by
/// name, white space gone, numbers as they were written. A property that nobody here has heard of is part of it; an allow-list names what is not.
/// </summary>
/// <param name="upstream">What answers: another upstream's answers are others.</param>
/// <param name="ignored">Top-level properties that change nothing in an answer.</param>
internal sealed class WireIdentity(string upstream, IEnumerable<string> ignored)
{
    /// <summary>Top-level properties ignored unless configuration names others.</summary>
    public static readonly string[] IgnoredByDefault = ["metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier"];

    /// <summary>Longer strings outside of messages' texts, such as an image in base64, are compared by SHA-256.</summary>
    internal const int StringLengthMax = 1024;

    // With none but these, an answer holds nothing that could not be told as a stream as well as at once.
    private static readonly FrozenSet<string> SameInBothModes = FrozenSet.ToFrozenSet(
    [
        "model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop",
        "frequency_penalty", "presence_penalty", "logit_bias", "n", "user", "tools", "tool_choice", "parallel_tool_calls",
        "response_format", "reasoning_effort", "verbosity", "service_tier", "store", .. IgnoredByDefault,
    ], StringComparer.Ordinal);

    private readonly FrozenSet<string> _left = ignored.Concat(["stream", "stream_options"]).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The text that stands for everything but the messages' texts.</summary>
    public string Describe(WireRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Plain))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(upstream);
            writer.WriteStringValue(ModeOf(request));
            writer.WriteStartObject();
            foreach (JsonProperty property in request.Root.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
            {
                if (_left.Contains(property.Name))
                    continue;
                writer.WritePropertyName(property.Name);
                if (property.NameEquals("messages"))
                    WriteMessages(writer, property.Value);
                else
                    WriteValue(writer, property.Value);
            }
            writer.WriteEndObject();
            writer.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Streamed or not is no difference, unless the answer may hold what only one of the two ways can tell.</summary>
    private static string ModeOf(WireRequest request)
    {
        foreach (JsonProperty property in request.Root.EnumerateObject())
        {
            if (!SameInBothModes.Contains(property.Name))
                return request.Stream ? "stream" : "whole";
        }
        return "any";
    }

    private static void WriteMessages(Utf8JsonWriter writer, JsonElement messages)
    {
        writer.WriteStartArray();
        foreach (JsonElement message in messages.EnumerateArray())
        {
            bool textElsewhere = WireMessages.HoldsText(message.StringProperty("role")!);
            writer.WriteStartObject();
            foreach (JsonProperty property in message.EnumerateObject())
            {
                writer.WritePropertyName(property.Name);
                if (textElsewhere && property.NameEquals("content"))
                    WriteContent(writer, property.Value);
                else
                    WriteValue(writer, property.Value);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>A text is marked by a number, which stands for no content; between several texts the number tells where each ends.</summary>
    private static void WriteContent(Utf8JsonWriter writer, JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String)
            writer.WriteNumberValue(0);
        if (content.ValueKind != JsonValueKind.Array)
        {
            if (content.ValueKind != JsonValueKind.String)
                WriteValue(writer, content);
            return;
        }
        int textsLeft = content.EnumerateArray().Count(part => WireMessages.TextOf(part) is not null);
        writer.WriteStartArray();
        foreach (JsonElement part in content.EnumerateArray())
        {
            if (WireMessages.TextOf(part) is not { } text)
            {
                WriteValue(writer, part);
                continue;
            }
            textsLeft--;
            writer.WriteStartObject();
            foreach (JsonProperty property in part.EnumerateObject())
            {
                writer.WritePropertyName(property.Name);
                if (property.NameEquals("text"))
                    writer.WriteNumberValue(textsLeft > 0 ? text.Length : 0);
                else
                    WriteValue(writer, property.Value);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    WriteValue(writer, property.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                    WriteValue(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when value.GetString() is { Length: > StringLengthMax } text:
                writer.WriteStartArray();
                writer.WriteStringValue("sha256");
                writer.WriteStringValue(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
