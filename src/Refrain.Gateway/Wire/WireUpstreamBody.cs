using System.Buffers;
using System.Text.Json;

namespace Refrain.Gateway;

/// <summary>Writes the body for the upstream from the very values that the identity was made of.</summary>
internal static class WireUpstreamBody
{
    /// <summary>Writes the body: the caller's, but for the model, where a route names another, and for how the answer is to come.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="model">The model to ask.</param>
    /// <param name="stream">Whether to ask for server-sent events; they always end with the usage, because it is what an answer costs.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static ReadOnlyMemory<byte> Write(WireRequest request, string model, bool stream)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Plain))
        {
            writer.WriteStartObject();
            writer.WriteString("model", model);
            foreach (JsonProperty property in request.Root.EnumerateObject())
            {
                if (!property.NameEquals("model") && !property.NameEquals("stream") && !property.NameEquals("stream_options"))
                    property.WriteTo(writer);
            }
            if (stream)
                WriteStreamOptions(writer, request.Root);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private static void WriteStreamOptions(Utf8JsonWriter writer, JsonElement root)
    {
        writer.WriteBoolean("stream", true);
        writer.WriteStartObject("stream_options");
        if (root.Property("stream_options") is { ValueKind: JsonValueKind.Object } options)
        {
            foreach (JsonProperty option in options.EnumerateObject())
            {
                if (!option.NameEquals("include_usage"))
                    option.WriteTo(writer);
            }
        }
        writer.WriteBoolean("include_usage", true);
        writer.WriteEndObject();
    }
}
