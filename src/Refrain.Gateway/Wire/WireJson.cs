using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Refrain.Gateway;

/// <summary>Small steps over JSON values that requests and answers share.</summary>
internal static class WireJson
{
    /// <summary>
    /// How JSON from outside is read: a property named twice is an error, because two readers may take two different ones;
    /// 64 levels at most.
    /// </summary>
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Written without escaping what need not be escaped: the same characters come out as went in.</summary>
    public static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Looks at every string: JSON's grammar lets half a surrogate pair and broken UTF-8 pass, which are no text and cannot be handed on.</summary>
    /// <exception cref="FormatException">A string or a name is no text.</exception>
    public static void RequireText(JsonElement value)
    {
        try
        {
            Visit(value);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("A string is not valid Unicode.", e);
        }
    }

    /// <summary>The property, or null if it is absent, JSON's null, or the value is no object.</summary>
    public static JsonElement? Property(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null ? found : null;

    /// <summary>The property if it is a string, else null.</summary>
    public static string? StringProperty(this JsonElement value, string name) =>
        value.Property(name) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;

    /// <summary>The property if it is a whole number, else null.</summary>
    public static long? IntegerProperty(this JsonElement value, string name) =>
        value.Property(name) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out long number) ? number : null;

    /// <summary>The object's properties but those named, as JSON text; null if none is left, or it is no object.</summary>
    public static string? Without(this JsonElement value, params ReadOnlySpan<string> names)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return null;
        ArrayBufferWriter<byte>? buffer = null;
        Utf8JsonWriter? writer = null;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (IsAny(property, names))
                continue;
            if (writer is null)
            {
                buffer = new ArrayBufferWriter<byte>(128);
                writer = new Utf8JsonWriter(buffer, Plain);
                writer.WriteStartObject();
            }
            property.WriteTo(writer);
        }
        if (writer is null)
            return null;
        writer.WriteEndObject();
        writer.Dispose();
        return Encoding.UTF8.GetString(buffer!.WrittenSpan);
    }

    /// <summary>Writes the properties of a JSON object, kept as text, into the object being written.</summary>
    public static void WriteProperties(this Utf8JsonWriter writer, string? json)
    {
        if (json is null)
            return;
        foreach (JsonProperty property in JsonElement.Parse(json).EnumerateObject())
            property.WriteTo(writer);
    }

    private static void Visit(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    _ = property.Name;
                    Visit(property.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                    Visit(item);
                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
        }
    }

    private static bool IsAny(JsonProperty property, ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (property.NameEquals(name))
                return true;
        }
        return false;
    }
}
