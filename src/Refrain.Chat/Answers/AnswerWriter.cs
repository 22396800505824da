using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MessagePack;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Writes the parts of an answer and gathers the names they use. Fails, rather than drop something.</summary>
internal sealed class AnswerWriter
{
    public const sbyte JsonExtension = 1;
    public const sbyte DecimalExtension = 2;
    public const sbyte SingleExtension = 3;
    public const int HeadFields = 6;
    public const int MessageFields = 6;
    public const int UpdateFields = 9;
    public const int UsageFields = 10;
    public const int AnnotationFields = 7;

    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    public List<string> Names { get; } = [];

    public bool Failed { get; private set; }

    public void WriteHead(ref MessagePackWriter writer, ChatResponse response)
    {
        writer.WriteArrayHeader(HeadFields);
        WriteName(ref writer, response.ResponseId);
        WriteName(ref writer, response.ModelId);
        WriteTime(ref writer, response.CreatedAt);
        WriteName(ref writer, response.FinishReason?.Value);
        WriteUsage(ref writer, response.Usage);
        WriteProperties(ref writer, response.AdditionalProperties);
    }

    public void WriteMessage(ref MessagePackWriter writer, ChatMessage message)
    {
        writer.WriteArrayHeader(MessageFields);
        WriteName(ref writer, message.Role.Value);
        WriteName(ref writer, message.AuthorName);
        WriteName(ref writer, message.MessageId);
        WriteTime(ref writer, message.CreatedAt);
        WriteContents(ref writer, message.Contents);
        WriteProperties(ref writer, message.AdditionalProperties);
    }

    public void WriteUpdate(ref MessagePackWriter writer, ChatResponseUpdate update)
    {
        writer.WriteArrayHeader(UpdateFields);
        WriteName(ref writer, update.Role?.Value);
        WriteName(ref writer, update.AuthorName);
        WriteName(ref writer, update.MessageId);
        WriteTime(ref writer, update.CreatedAt);
        WriteContents(ref writer, update.Contents);
        WriteProperties(ref writer, update.AdditionalProperties);
        WriteName(ref writer, update.ResponseId);
        WriteName(ref writer, update.ModelId);
        WriteName(ref writer, update.FinishReason?.Value);
    }

    private void WriteContents(ref MessagePackWriter writer, IList<AIContent> contents)
    {
        writer.WriteArrayHeader(contents.Count);
        foreach (AIContent content in contents)
        {
            switch (content)
            {
                case TextContent text:
                    Begin(ref writer, ContentKind.Text, 1);
                    WriteString(ref writer, text.Text);
                    break;
                case TextReasoningContent reasoning:
                    Begin(ref writer, ContentKind.Reasoning, 2);
                    WriteString(ref writer, reasoning.Text);
                    WriteString(ref writer, reasoning.ProtectedData);
                    break;
                case FunctionCallContent { Exception: null } call:
                    Begin(ref writer, ContentKind.Call, 3);
                    WriteString(ref writer, call.CallId);
                    WriteString(ref writer, call.Name);
                    WriteProperties(ref writer, call.Arguments);
                    break;
                case FunctionResultContent { Exception: null } result:
                    Begin(ref writer, ContentKind.Result, 2);
                    WriteString(ref writer, result.CallId);
                    WriteValue(ref writer, result.Result);
                    break;
                case DataContent data:
                    Begin(ref writer, ContentKind.Data, 3);
                    WriteString(ref writer, data.MediaType);
                    WriteString(ref writer, data.Name);
                    writer.Write(data.Data.Span);
                    break;
                case UriContent uri:
                    Begin(ref writer, ContentKind.Uri, 2);
                    WriteString(ref writer, uri.Uri.OriginalString);
                    WriteString(ref writer, uri.MediaType);
                    break;
                case UsageContent usage:
                    Begin(ref writer, ContentKind.Usage, 1);
                    WriteUsage(ref writer, usage.Details);
                    break;
                default:
                    Failed = true;
                    writer.WriteNil();
                    continue;
            }

            WriteAnnotations(ref writer, content.Annotations);
            WriteProperties(ref writer, content.AdditionalProperties);
        }
    }

    private static void Begin(ref MessagePackWriter writer, ContentKind kind, int fields)
    {
        writer.WriteArrayHeader(fields + 3);
        writer.Write((int)kind);
    }

    private void WriteAnnotations(ref MessagePackWriter writer, IList<AIAnnotation>? annotations)
    {
        if (annotations is not { Count: > 0 })
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(annotations.Count);
        foreach (AIAnnotation annotation in annotations)
        {
            if (annotation is not CitationAnnotation citation)
            {
                Failed = true;
                writer.WriteNil();
                continue;
            }

            writer.WriteArrayHeader(AnnotationFields);
            WriteString(ref writer, citation.Title);
            WriteString(ref writer, citation.Url?.OriginalString);
            WriteString(ref writer, citation.FileId);
            WriteString(ref writer, citation.ToolName);
            WriteString(ref writer, citation.Snippet);
            WriteRegions(ref writer, citation.AnnotatedRegions);
            WriteProperties(ref writer, citation.AdditionalProperties);
        }
    }

    private void WriteRegions(ref MessagePackWriter writer, IList<AnnotatedRegion>? regions)
    {
        if (regions is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(regions.Count);
        foreach (AnnotatedRegion region in regions)
        {
            Failed |= region is not TextSpanAnnotatedRegion;
            var span = region as TextSpanAnnotatedRegion;
            writer.WriteArrayHeader(2);
            WriteNumber(ref writer, span?.StartIndex);
            WriteNumber(ref writer, span?.EndIndex);
        }
    }

    private static void WriteUsage(ref MessagePackWriter writer, UsageDetails? usage)
    {
        if (usage is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(UsageFields);
        WriteNumber(ref writer, usage.InputTokenCount);
        WriteNumber(ref writer, usage.OutputTokenCount);
        WriteNumber(ref writer, usage.TotalTokenCount);
        WriteNumber(ref writer, usage.CachedInputTokenCount);
        WriteNumber(ref writer, usage.ReasoningTokenCount);
        WriteNumber(ref writer, usage.InputAudioTokenCount);
        WriteNumber(ref writer, usage.InputTextTokenCount);
        WriteNumber(ref writer, usage.OutputAudioTokenCount);
        WriteNumber(ref writer, usage.OutputTextTokenCount);
        if (usage.AdditionalCounts is not { } counts)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteMapHeader(counts.Count);
        foreach (KeyValuePair<string, long> count in counts)
        {
            WriteString(ref writer, count.Key);
            writer.Write(count.Value);
        }
    }

    private void WriteProperties(ref MessagePackWriter writer, IDictionary<string, object?>? properties)
    {
        if (properties is null)
        {
            writer.WriteNil();
            return;
        }

        int own = 0;
        foreach (string key in properties.Keys)
            if (IsOwn(key)) own++;
        writer.WriteMapHeader(properties.Count - own);
        foreach (KeyValuePair<string, object?> property in properties)
        {
            if (IsOwn(property.Key)) continue;
            WriteString(ref writer, property.Key);
            WriteValue(ref writer, property.Value);
        }
    }

    private static bool IsOwn(string key) => key.StartsWith(RefrainProperties.Prefix, StringComparison.Ordinal);

    private void WriteValue(ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNil(); break;
            case bool flag: writer.Write(flag); break;
            case string text: WriteString(ref writer, text); break;
            case int number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            case float number: WriteText(ref writer, SingleExtension, BitConverter.SingleToInt32Bits(number).ToString(CultureInfo.InvariantCulture)); break;
            case decimal number: WriteText(ref writer, DecimalExtension, number.ToString(CultureInfo.InvariantCulture)); break;
            case JsonElement { ValueKind: not JsonValueKind.Undefined } json: WriteText(ref writer, JsonExtension, json.GetRawText()); break;
            default:
                Failed = true;
                writer.WriteNil();
                break;
        }
    }

    /// <summary>A chunk may end between the halves of a surrogate pair. UTF-8 has no word for that, so such a string keeps its UTF-16.</summary>
    public static void WriteString(ref MessagePackWriter writer, string? text)
    {
        if (text is null || IsWellFormed(text)) writer.Write(text);
        else writer.Write(Utf16(text));
    }

    /// <summary>Unit by unit: an encoder would put something else in the place of half a pair.</summary>
    private static byte[] Utf16(string text)
    {
        byte[] bytes = new byte[text.Length * sizeof(char)];
        for (int i = 0; i < text.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(char)), text[i]);
        return bytes;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        int start = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        if (start < 0) return true;
        for (text = text[start..]; !text.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(text, out _, out int used) != OperationStatus.Done) return false;
            text = text[used..];
        }

        return true;
    }

    private static void WriteText(ref MessagePackWriter writer, sbyte extension, string text) =>
        writer.WriteExtensionFormat(new ExtensionResult(extension, Encoding.UTF8.GetBytes(text)));

    private static void WriteNumber(ref MessagePackWriter writer, long? number)
    {
        if (number is { } value) writer.Write(value);
        else writer.WriteNil();
    }

    private static void WriteTime(ref MessagePackWriter writer, DateTimeOffset? time)
    {
        if (time is not { } value)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(2);
        writer.Write(value.Ticks);
        writer.Write((long)value.Offset.TotalMinutes);
    }

    private void WriteName(ref MessagePackWriter writer, string? name)
    {
        if (name is null)
        {
            writer.WriteNil();
            return;
        }

        if (!_indices.TryGetValue(name, out int index))
        {
            index = Names.Count;
            Names.Add(name);
            _indices.Add(name, index);
        }

        writer.Write(index);
    }
}
