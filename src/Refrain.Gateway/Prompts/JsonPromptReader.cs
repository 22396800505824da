using System.Text.Json;

namespace Refrain.Gateway;

/// <summary>A JSON value a line: a string is the question itself; an object holds it as a property, or as the last user message of <c>messages</c>.</summary>
internal sealed class JsonPromptReader(string[] textNames, string[] groupNames, bool groupRequired) : PromptLineReader
{
    public override Prompt? Read(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return null;
        JsonElement value;
        try
        {
            value = JsonElement.Parse(line);
        }
        catch (JsonException e)
        {
            throw new FormatException($"not JSON: {e.Message}", e);
        }
        string? group = null;
        string? text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Object => StringAt(value, textNames) ?? LastUserText(value),
            _ => null,
        };
        if (text is null)
            throw new FormatException($"expected a string, or an object with a string {string.Join(" or ", textNames)} or with messages.");
        if (value.ValueKind == JsonValueKind.Object)
            group = StringAt(value, groupNames);
        if (group is null && groupRequired)
            throw new FormatException($"the object has no {groupNames[0]}.");
        return string.IsNullOrWhiteSpace(text) ? null : new Prompt(text, group);
    }

    private static string? StringAt(JsonElement value, string[] names)
    {
        foreach (string name in names)
        {
            if (!value.TryGetProperty(name, out JsonElement found))
                continue;
            if (found.ValueKind == JsonValueKind.String)
                return found.GetString();
            if (found.ValueKind == JsonValueKind.Number)
                return found.GetRawText();
        }
        return null;
    }

    private static string? LastUserText(JsonElement value)
    {
        if (!value.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array)
            return null;
        string? text = null;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (message.ValueKind == JsonValueKind.Object
                && message.TryGetProperty("role", out JsonElement role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("user")
                && message.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String)
                text = content.GetString();
        }
        return text;
    }
}
