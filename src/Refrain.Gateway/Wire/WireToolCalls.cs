using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Tool calls between the wire and the framework's types.</summary>
internal static class WireToolCalls
{
    private const string Arguments = "openai.arguments";

    /// <summary>Reads one complete call. Arguments that are no JSON object are kept as they are: models do write such.</summary>
    public static FunctionCallContent Read(JsonElement call)
    {
        JsonElement function = call.Property("function") ?? default;
        return Make(call.StringProperty("id") ?? "", function.StringProperty("name") ?? "", function.StringProperty("arguments") ?? "");
    }

    /// <summary>Makes a call from the texts of the wire.</summary>
    public static FunctionCallContent Make(string id, string name, string arguments)
    {
        Dictionary<string, object?>? parsed = null;
        Exception? failure = null;
        try
        {
            if (arguments.Length > 0)
                parsed = JsonElement.Parse(arguments).EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            failure = e;
        }
        return new FunctionCallContent(id, name, parsed)
        {
            Exception = failure,
            AdditionalProperties = new AdditionalPropertiesDictionary { [Arguments] = arguments },
        };
    }

    /// <summary>Writes one call as an object of the wire.</summary>
    /// <param name="writer">Stands where a value is expected.</param>
    /// <param name="call">The call.</param>
    /// <param name="index">Its place in the message, which only chunks state.</param>
    public static void Write(Utf8JsonWriter writer, FunctionCallContent call, int? index = null)
    {
        writer.WriteStartObject();
        if (index is { } place)
            writer.WriteNumber("index", place);
        writer.WriteString("id", call.CallId);
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", call.Name);
        writer.WriteString("arguments", ArgumentsOf(call));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string ArgumentsOf(FunctionCallContent call)
    {
        if (call.AdditionalProperties?.TryGetValue(Arguments, out object? text) == true && text is string original)
            return original;
        if (call.Arguments is null)
            return "{}";
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Plain))
        {
            writer.WriteStartObject();
            foreach ((string name, object? value) in call.Arguments)
            {
                writer.WritePropertyName(name);
                WriteValue(writer, value);
            }
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case long or int or short or byte:
                writer.WriteNumberValue(Convert.ToInt64(value));
                break;
            case double or float:
                writer.WriteNumberValue(Convert.ToDouble(value));
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteStringValue(value.ToString());
                break;
        }
    }
}
