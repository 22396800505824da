using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>The messages of a body as the framework's types.</summary>
internal static class WireMessages
{
    /// <summary>Reads <c>messages</c>.</summary>
    /// <exception cref="WireException">There are none, or one is not of the form that the wire asks for.</exception>
    public static List<ChatMessage> Read(JsonElement root)
    {
        if (root.Property("messages") is not { ValueKind: JsonValueKind.Array } messages || messages.GetArrayLength() == 0)
            throw new WireException("messages must be a non-empty array.", "messages");
        var read = new List<ChatMessage>(messages.GetArrayLength());
        foreach (JsonElement message in messages.EnumerateArray())
            read.Add(ReadOne(message, read.Count));
        return read;
    }

    /// <summary>Whether all text of a message with this role is in its <see cref="ChatMessage"/> as <see cref="TextContent"/>.</summary>
    public static bool HoldsText(string role) => role is "system" or "developer" or "user" or "assistant";

    private static ChatMessage ReadOne(JsonElement message, int index)
    {
        string at = $"messages[{index}]";
        string role = message.StringProperty("role") is { } name && !string.IsNullOrWhiteSpace(name) ? name : throw new WireException($"{at}.role must be a string.", at + ".role");
        var read = new ChatMessage(new ChatRole(role), []) { AuthorName = message.StringProperty("name") };
        JsonElement? content = message.Property("content");
        if (role is "tool")
        {
            read.Contents.Add(new FunctionResultContent(message.StringProperty("tool_call_id") ?? "", content?.ToString()));
            return read;
        }
        switch (content)
        {
            case null:
                break;
            case { ValueKind: JsonValueKind.String } text:
                read.Contents.Add(new TextContent(text.GetString()));
                break;
            case { ValueKind: JsonValueKind.Array } parts:
                foreach (JsonElement part in parts.EnumerateArray())
                {
                    if (TextOf(part) is { } partText)
                        read.Contents.Add(new TextContent(partText));
                }
                break;
            default:
                throw new WireException($"{at}.content must be a string or an array of parts.", at + ".content");
        }
        if (message.Property("tool_calls") is { ValueKind: JsonValueKind.Array } calls)
        {
            foreach (JsonElement call in calls.EnumerateArray())
                read.Contents.Add(WireToolCalls.Read(call));
        }
        return read;
    }

    /// <summary>The text of a content part, or null if it is of another type.</summary>
    public static string? TextOf(JsonElement part) => part.StringProperty("type") == "text" ? part.StringProperty("text") : null;
}
