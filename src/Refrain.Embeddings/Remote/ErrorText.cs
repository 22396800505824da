using System.Text.Json;

namespace Refrain.Embeddings;

/// <summary>Finds the sentence in an error body that is worth reading.</summary>
internal static class ErrorText
{
    private static readonly string[] Names = ["detail", "message", "error"];

    /// <summary>The text under "detail", "message" or "error", or the body itself, cut to <paramref name="lengthMax"/>.</summary>
    internal static string Of(string body, int lengthMax)
    {
        string text = body;
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            text = Find(json.RootElement) ?? body;
        }
        catch (JsonException)
        {
            // Not JSON: some proxy's page. It is shown as it is.
        }

        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (text.Length == 0) return "no reason was given.";
        return text.Length <= lengthMax ? text : text[..lengthMax] + "…";
    }

    private static string? Find(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) return null;
        foreach (string name in Names)
        {
            if (!element.TryGetProperty(name, out JsonElement value)) continue;
            if (value.ValueKind == JsonValueKind.String) return value.GetString();
            if (Find(value) is { } inner) return inner;
        }

        return null;
    }
}
