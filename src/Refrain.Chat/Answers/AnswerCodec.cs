using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using MessagePack;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Answers to bytes and back. The layout is in FORMAT.md beside this file.</summary>
internal static class AnswerCodec
{
    public const int Version = 1;
    public const int Fields = 5;
    public const int ResponseForm = 0;
    public const int StreamForm = 1;

    /// <summary>The bytes of a whole response, or null if it holds something that cannot be replayed faithfully.</summary>
    public static byte[]? Encode(ChatResponse response)
    {
        var parts = new AnswerWriter();
        var body = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(body);
        parts.WriteHead(ref writer, response);
        writer.WriteArrayHeader(response.Messages.Count);
        foreach (ChatMessage message in response.Messages) parts.WriteMessage(ref writer, message);
        writer.Flush();
        return Finish(ResponseForm, parts, body);
    }

    /// <summary>The bytes of a finished stream, or null if it holds something that cannot be replayed faithfully.</summary>
    public static byte[]? Encode(IReadOnlyList<ChatResponseUpdate> updates)
    {
        var parts = new AnswerWriter();
        var body = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(body);
        writer.WriteNil();
        writer.WriteArrayHeader(updates.Count);
        foreach (ChatResponseUpdate update in updates) parts.WriteUpdate(ref writer, update);
        writer.Flush();
        return Finish(StreamForm, parts, body);
    }

    /// <summary>Reads an answer. Bytes of another version, damaged ones, and ones with anything left over are no answer.</summary>
    /// <param name="payload">What <see cref="Encode(ChatResponse)"/> wrote.</param>
    /// <param name="answer">The answer, if it is one.</param>
    /// <param name="isShared">See <see cref="StoredAnswer.IsShared"/>.</param>
    public static bool TryDecode(ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out StoredAnswer? answer, bool isShared = false)
    {
        answer = null;
        try
        {
            var reader = new MessagePackReader(payload);
            if (reader.ReadArrayHeader() != Fields || reader.ReadInt32() != Version) return false;
            int form = reader.ReadInt32();
            var parts = new AnswerReader(ReadNames(ref reader));
            if (form != ResponseForm && (form != StreamForm || !reader.TryReadNil())) return false;
            StoredAnswer read = form == ResponseForm
                ? new StoredAnswer(parts.ReadResponse(ref reader)) { IsShared = isShared }
                : new StoredAnswer(parts.ReadUpdates(ref reader)) { IsShared = isShared };
            if (reader.End) answer = read;
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or JsonException or FormatException
            or ArgumentException or OverflowException or InvalidOperationException or IndexOutOfRangeException)
        {
            // Damage: there is no answer.
        }

        return answer is not null;
    }

    private static string[] ReadNames(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        string[] names = new string[count];
        for (int i = 0; i < count; i++) names[i] = ReadName(ref reader);
        return names;
    }

    /// <summary>Nearly every answer has the same role and the same end: they need no strings of their own.</summary>
    private static string ReadName(ref MessagePackReader reader)
    {
        if (reader.NextMessagePackType == MessagePackType.String)
        {
            MessagePackReader ahead = reader.CreatePeekReader();
            if (ahead.TryReadStringSpan(out ReadOnlySpan<byte> name))
            {
                string? known = name.SequenceEqual("assistant"u8) ? "assistant" : name.SequenceEqual("stop"u8) ? "stop" : null;
                if (known is not null)
                {
                    reader.Skip();
                    return known;
                }
            }
        }

        return AnswerReader.ReadString(ref reader) ?? throw new FormatException("A name is missing.");
    }

    private static byte[]? Finish(int form, AnswerWriter parts, ArrayBufferWriter<byte> body)
    {
        if (parts.Failed) return null;
        var whole = new ArrayBufferWriter<byte>(body.WrittenCount + 256);
        var writer = new MessagePackWriter(whole);
        writer.WriteArrayHeader(Fields);
        writer.Write(Version);
        writer.Write(form);
        writer.WriteArrayHeader(parts.Names.Count);
        foreach (string name in parts.Names) AnswerWriter.WriteString(ref writer, name);
        writer.WriteRaw(body.WrittenSpan);
        writer.Flush();
        return whole.WrittenSpan.ToArray();
    }
}
