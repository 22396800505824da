using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>
/// Writes loosely typed values: additional properties, arguments of tool calls, JSON schemas. Names are sorted, since a dictionary's order is
/// an accident; lists keep theirs. A value of an unknown type fails the writer: what cannot be told apart must not be merged.
/// </summary>
internal static class ValueIdentity
{
    private const int DepthMax = 32;

    private enum Kind : byte { Null, False, True, Integer, Double, Decimal, Number, Text, Bytes, List, End, Map, Other }

    public static void Write(IdentityWriter writer, object? value) => Write(writer, value, DepthMax);

    /// <summary>Writes names and values sorted by name, without the ignored ones and without Refrain's own.</summary>
    public static void WriteMap(IdentityWriter writer, IEnumerable<KeyValuePair<string, object?>>? map, ISet<string>? ignored = null) =>
        WriteMap(writer, map ?? [], ignored, DepthMax);

    /// <summary>Whether <see cref="WriteMap(IdentityWriter, IEnumerable{KeyValuePair{string, object?}}?, ISet{string}?)"/> would write any name.</summary>
    public static bool HasAny(AdditionalPropertiesDictionary? map, ISet<string> ignored)
    {
        if (map is not { Count: > 0 }) return false;
        foreach (KeyValuePair<string, object?> pair in map)
            if (Counts(pair.Key, ignored)) return true;
        return false;
    }

    public static void Write(IdentityWriter writer, in JsonElement element) => Write(writer, element, DepthMax);

    private static void Write(IdentityWriter writer, object? value, int depth)
    {
        if (depth == 0)
        {
            writer.Fail();
            return;
        }

        switch (value)
        {
            case null: Tag(writer, Kind.Null); break;
            case bool flag: Tag(writer, flag ? Kind.True : Kind.False); break;
            case string text: Tag(writer, Kind.Text); writer.Text(text); break;
            case sbyte or byte or short or ushort or int or uint or long:
                Tag(writer, Kind.Integer);
                writer.Int64(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case float number: Tag(writer, Kind.Double); writer.Double(number); break;
            case double number: Tag(writer, Kind.Double); writer.Double(number); break;
            case decimal number: WriteText(writer, Kind.Decimal, number.ToString(CultureInfo.InvariantCulture)); break;
            case JsonElement element: Write(writer, element, depth); break;
            case JsonNode node: WriteNode(writer, node, depth); break;
            case byte[] bytes: Tag(writer, Kind.Bytes); writer.Bytes(bytes); break;
            case ReadOnlyMemory<byte> bytes: Tag(writer, Kind.Bytes); writer.Bytes(bytes.Span); break;
            case IEnumerable<KeyValuePair<string, object?>> map: WriteMap(writer, map, ignored: null, depth); break;
            case IDictionary: writer.Fail(); break;
            case IEnumerable list: WriteList(writer, list, depth); break;
            default: WriteOther(writer, value); break;
        }
    }

    private static void WriteOther(IdentityWriter writer, object value)
    {
        string? text = value switch
        {
            ulong or char or Guid or TimeSpan or Enum or Int128 or UInt128 => string.Create(CultureInfo.InvariantCulture, $"{value}"),
            DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
            DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
            DateOnly date => date.ToString("O", CultureInfo.InvariantCulture),
            TimeOnly time => time.ToString("O", CultureInfo.InvariantCulture),
            Uri uri => uri.OriginalString,
            _ => null,
        };
        if (text is null)
        {
            writer.Fail();
            return;
        }

        WriteText(writer, Kind.Other, value.GetType().FullName ?? "");
        writer.Text(text);
    }

    private static void WriteList(IdentityWriter writer, IEnumerable list, int depth)
    {
        int count = 0;
        foreach (object? item in list)
        {
            Tag(writer, Kind.List);
            Write(writer, item, depth - 1);
            count++;
        }

        Tag(writer, Kind.End);
        writer.Int32(count);
    }

    private static void WriteMap(IdentityWriter writer, IEnumerable<KeyValuePair<string, object?>> map, ISet<string>? ignored, int depth)
    {
        List<KeyValuePair<string, object?>>? sorted = null;
        foreach (KeyValuePair<string, object?> pair in map)
        {
            if (!Counts(pair.Key, ignored)) continue;
            (sorted ??= []).Add(pair);
        }

        sorted?.Sort(static (x, y) => string.CompareOrdinal(x.Key, y.Key));
        Tag(writer, Kind.Map);
        writer.Int32(sorted?.Count ?? 0);
        if (sorted is null) return;
        foreach (KeyValuePair<string, object?> pair in sorted)
        {
            writer.Text(pair.Key);
            Write(writer, pair.Value, depth - 1);
        }
    }

    private static bool Counts(string name, ISet<string>? ignored) =>
        !name.StartsWith(RefrainProperties.Prefix, StringComparison.Ordinal) && ignored?.Contains(name) != true;

    private static void WriteNode(IdentityWriter writer, JsonNode node, int depth)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) node.WriteTo(json);
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        Write(writer, document.RootElement, depth);
    }

    private static void Write(IdentityWriter writer, in JsonElement element, int depth)
    {
        if (depth == 0)
        {
            writer.Fail();
            return;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Null: Tag(writer, Kind.Null); break;
            case JsonValueKind.True: Tag(writer, Kind.True); break;
            case JsonValueKind.False: Tag(writer, Kind.False); break;
            case JsonValueKind.String: WriteText(writer, Kind.Text, element.GetString()); break;
            case JsonValueKind.Number when element.TryGetInt64(out long number): Tag(writer, Kind.Integer); writer.Int64(number); break;
            case JsonValueKind.Number: WriteText(writer, Kind.Number, element.GetRawText()); break;
            case JsonValueKind.Array: WriteArray(writer, element, depth); break;
            case JsonValueKind.Object: WriteObject(writer, element, depth); break;
            default: writer.Fail(); break;
        }
    }

    private static void WriteArray(IdentityWriter writer, in JsonElement element, int depth)
    {
        int count = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            Tag(writer, Kind.List);
            Write(writer, item, depth - 1);
            count++;
        }

        Tag(writer, Kind.End);
        writer.Int32(count);
    }

    private static void WriteObject(IdentityWriter writer, in JsonElement element, int depth)
    {
        var sorted = new List<JsonProperty>();
        foreach (JsonProperty property in element.EnumerateObject()) sorted.Add(property);
        sorted.Sort(static (x, y) => string.CompareOrdinal(x.Name, y.Name));
        Tag(writer, Kind.Map);
        writer.Int32(sorted.Count);
        string? previous = null;
        foreach (JsonProperty property in sorted)
        {
            if (property.Name == previous) writer.Fail(); // Which of the two counts is the reader's choice.
            previous = property.Name;
            writer.Text(previous);
            Write(writer, property.Value, depth - 1);
        }
    }

    private static void WriteText(IdentityWriter writer, Kind kind, string? text)
    {
        Tag(writer, kind);
        writer.Text(text);
    }

    private static void Tag(IdentityWriter writer, Kind kind) => writer.Byte((byte)kind);
}
