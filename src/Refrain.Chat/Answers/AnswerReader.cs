using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MessagePack;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Reads the parts that <see cref="AnswerWriter"/> wrote. Throws what <see cref="AnswerCodec.TryDecode"/> takes for damage.</summary>
internal readonly struct AnswerReader(string[] names)
{
    public ChatResponse ReadResponse(ref MessagePackReader reader)
    {
        var response = new ChatResponse();
        Expect(ref reader, AnswerWriter.HeadFields);
        response.ResponseId = ReadName(ref reader);
        response.ModelId = ReadName(ref reader);
        response.CreatedAt = ReadTime(ref reader);
        response.FinishReason = ReadEnd(ref reader);
        response.Usage = ReadUsage(ref reader);
        response.AdditionalProperties = ReadProperties(ref reader);
        int count = reader.ReadArrayHeader();
        var messages = new List<ChatMessage>(count);
        for (int i = 0; i < count; i++) messages.Add(ReadMessage(ref reader));
        response.Messages = messages;
        return response;
    }

    public List<ChatResponseUpdate> ReadUpdates(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        var updates = new List<ChatResponseUpdate>(count);
        for (int i = 0; i < count; i++) updates.Add(ReadUpdate(ref reader));
        return updates;
    }

    private ChatMessage ReadMessage(ref MessagePackReader reader)
    {
        Expect(ref reader, AnswerWriter.MessageFields);
        return new ChatMessage
        {
            Role = ReadRole(ref reader) ?? throw new FormatException("A message has no role."),
            AuthorName = ReadName(ref reader),
            MessageId = ReadName(ref reader),
            CreatedAt = ReadTime(ref reader),
            Contents = ReadContents(ref reader),
            AdditionalProperties = ReadProperties(ref reader),
        };
    }

    private ChatResponseUpdate ReadUpdate(ref MessagePackReader reader)
    {
        Expect(ref reader, AnswerWriter.UpdateFields);
        return new ChatResponseUpdate
        {
            Role = ReadRole(ref reader),
            AuthorName = ReadName(ref reader),
            MessageId = ReadName(ref reader),
            CreatedAt = ReadTime(ref reader),
            Contents = ReadContents(ref reader),
            AdditionalProperties = ReadProperties(ref reader),
            ResponseId = ReadName(ref reader),
            ModelId = ReadName(ref reader),
            FinishReason = ReadEnd(ref reader),
        };
    }

    private static List<AIContent> ReadContents(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        var contents = new List<AIContent>(count);
        for (int i = 0; i < count; i++) contents.Add(ReadContent(ref reader));
        return contents;
    }

    private static AIContent ReadContent(ref MessagePackReader reader)
    {
        int fields = reader.ReadArrayHeader() - 3;
        AIContent content = ((ContentKind)reader.ReadInt32(), fields) switch
        {
            (ContentKind.Text, 1) => new TextContent(ReadString(ref reader)),
            (ContentKind.Reasoning, 2) => new TextReasoningContent(ReadString(ref reader)) { ProtectedData = ReadString(ref reader) },
            (ContentKind.Call, 3) => new FunctionCallContent(ReadText(ref reader), ReadText(ref reader), ReadProperties(ref reader)),
            (ContentKind.Result, 2) => new FunctionResultContent(ReadText(ref reader), ReadValue(ref reader)),
            (ContentKind.Data, 3) => ReadData(ref reader),
            (ContentKind.Uri, 2) => new UriContent(ReadText(ref reader), ReadText(ref reader)),
            (ContentKind.Usage, 1) => new UsageContent(ReadUsage(ref reader) ?? new UsageDetails()),
            _ => throw new FormatException("An unknown content."),
        };
        content.Annotations = ReadAnnotations(ref reader);
        content.AdditionalProperties = ReadProperties(ref reader);
        return content;
    }

    private static DataContent ReadData(ref MessagePackReader reader)
    {
        string mediaType = ReadText(ref reader);
        string? name = ReadString(ref reader);
        byte[] bytes = reader.ReadBytes()?.ToArray() ?? throw new FormatException("A content has no bytes.");
        return new DataContent(bytes, mediaType) { Name = name };
    }

    private static List<AIAnnotation>? ReadAnnotations(ref MessagePackReader reader)
    {
        if (reader.TryReadNil()) return null;
        int count = reader.ReadArrayHeader();
        var annotations = new List<AIAnnotation>(count);
        for (int i = 0; i < count; i++)
        {
            Expect(ref reader, AnswerWriter.AnnotationFields);
            annotations.Add(new CitationAnnotation
            {
                Title = ReadString(ref reader),
                Url = ReadString(ref reader) is { } url ? new Uri(url, UriKind.RelativeOrAbsolute) : null,
                FileId = ReadString(ref reader),
                ToolName = ReadString(ref reader),
                Snippet = ReadString(ref reader),
                AnnotatedRegions = ReadRegions(ref reader),
                AdditionalProperties = ReadProperties(ref reader),
            });
        }

        return annotations;
    }

    private static List<AnnotatedRegion>? ReadRegions(ref MessagePackReader reader)
    {
        if (reader.TryReadNil()) return null;
        int count = reader.ReadArrayHeader();
        var regions = new List<AnnotatedRegion>(count);
        for (int i = 0; i < count; i++)
        {
            Expect(ref reader, 2);
            regions.Add(new TextSpanAnnotatedRegion { StartIndex = (int?)ReadNumber(ref reader), EndIndex = (int?)ReadNumber(ref reader) });
        }

        return regions;
    }

    private static UsageDetails? ReadUsage(ref MessagePackReader reader)
    {
        if (reader.TryReadNil()) return null;
        Expect(ref reader, AnswerWriter.UsageFields);
        var usage = new UsageDetails
        {
            InputTokenCount = ReadNumber(ref reader),
            OutputTokenCount = ReadNumber(ref reader),
            TotalTokenCount = ReadNumber(ref reader),
            CachedInputTokenCount = ReadNumber(ref reader),
            ReasoningTokenCount = ReadNumber(ref reader),
            InputAudioTokenCount = ReadNumber(ref reader),
            InputTextTokenCount = ReadNumber(ref reader),
            OutputAudioTokenCount = ReadNumber(ref reader),
            OutputTextTokenCount = ReadNumber(ref reader),
        };
        if (reader.TryReadNil()) return usage;
        int count = reader.ReadMapHeader();
        var counts = new AdditionalPropertiesDictionary<long>();
        for (int i = 0; i < count; i++) counts.Add(ReadText(ref reader), reader.ReadInt64());
        usage.AdditionalCounts = counts;
        return usage;
    }

    private static AdditionalPropertiesDictionary? ReadProperties(ref MessagePackReader reader)
    {
        if (reader.TryReadNil()) return null;
        int count = reader.ReadMapHeader();
        var properties = new AdditionalPropertiesDictionary();
        for (int i = 0; i < count; i++) properties.Add(ReadText(ref reader), ReadValue(ref reader));
        return properties;
    }

    private static object? ReadValue(ref MessagePackReader reader) => reader.NextMessagePackType switch
    {
        MessagePackType.Nil => reader.TryReadNil() ? null : throw new FormatException("A nil is none."),
        MessagePackType.Boolean => reader.ReadBoolean(),
        MessagePackType.Integer => reader.ReadInt64(),
        MessagePackType.Float => reader.ReadDouble(),
        MessagePackType.String => ReadText(ref reader),
        MessagePackType.Extension => ReadExtension(ref reader),
        _ => throw new FormatException("An unknown value."),
    };

    private static object ReadExtension(ref MessagePackReader reader)
    {
        ExtensionResult extension = reader.ReadExtensionFormat();
        byte[] data = extension.Data.ToArray();
        switch (extension.TypeCode)
        {
            case AnswerWriter.JsonExtension:
                using (var document = JsonDocument.Parse(data)) return document.RootElement.Clone();
            case AnswerWriter.DecimalExtension:
                return decimal.Parse(Encoding.UTF8.GetString(data), NumberStyles.Float, CultureInfo.InvariantCulture);
            case AnswerWriter.SingleExtension:
                return BitConverter.Int32BitsToSingle(int.Parse(Encoding.UTF8.GetString(data), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
            default:
                throw new FormatException("An unknown extension.");
        }
    }

    private static string ReadText(ref MessagePackReader reader) => ReadString(ref reader) ?? throw new FormatException("A text is missing.");

    public static string? ReadString(ref MessagePackReader reader) =>
        reader.NextMessagePackType == MessagePackType.Binary ? Utf16(reader.ReadBytes()!.Value.ToArray()) : reader.ReadString();

    private static string Utf16(byte[] bytes) => string.Create(
        bytes.Length / sizeof(char),
        bytes,
        static (text, bytes) =>
        {
            for (int i = 0; i < text.Length; i++) text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * sizeof(char)));
        });

    private static long? ReadNumber(ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadInt64();

    private static DateTimeOffset? ReadTime(ref MessagePackReader reader)
    {
        if (reader.TryReadNil()) return null;
        Expect(ref reader, 2);
        return new DateTimeOffset(reader.ReadInt64(), TimeSpan.FromMinutes(reader.ReadInt64()));
    }

    private string? ReadName(ref MessagePackReader reader) => reader.TryReadNil() ? null : names[reader.ReadInt32()];

    private ChatRole? ReadRole(ref MessagePackReader reader) => ReadName(ref reader) switch
    {
        null => null,
        "assistant" => ChatRole.Assistant,
        string name => new ChatRole(name),
    };

    private ChatFinishReason? ReadEnd(ref MessagePackReader reader) => ReadName(ref reader) switch
    {
        null => null,
        "stop" => ChatFinishReason.Stop,
        string name => new ChatFinishReason(name),
    };

    private static void Expect(ref MessagePackReader reader, int fields)
    {
        if (reader.ReadArrayHeader() != fields) throw new FormatException("An array is not as long as the format says.");
    }
}
