using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>Usage between the wire and the framework's type.</summary>
internal static class WireUsage
{
    /// <summary>Reads a usage object.</summary>
    public static UsageDetails Read(JsonElement usage) => new()
    {
        InputTokenCount = usage.IntegerProperty("prompt_tokens"),
        OutputTokenCount = usage.IntegerProperty("completion_tokens"),
        TotalTokenCount = usage.IntegerProperty("total_tokens"),
        CachedInputTokenCount = usage.Property("prompt_tokens_details")?.IntegerProperty("cached_tokens"),
        ReasoningTokenCount = usage.Property("completion_tokens_details")?.IntegerProperty("reasoning_tokens"),
    };

    /// <summary>Writes the property <c>usage</c>: as the provider sent it where that is known.</summary>
    public static void Write(Utf8JsonWriter writer, UsageDetails? usage, string? original)
    {
        if (original is not null)
        {
            writer.WritePropertyName("usage");
            JsonElement.Parse(original).WriteTo(writer);
            return;
        }
        if (usage is null)
            return;
        long input = usage.InputTokenCount ?? 0;
        long output = usage.OutputTokenCount ?? 0;
        writer.WriteStartObject("usage");
        writer.WriteNumber("prompt_tokens", input);
        writer.WriteNumber("completion_tokens", output);
        writer.WriteNumber("total_tokens", usage.TotalTokenCount ?? input + output);
        if (usage.CachedInputTokenCount is { } cached)
        {
            writer.WriteStartObject("prompt_tokens_details");
            writer.WriteNumber("cached_tokens", cached);
            writer.WriteEndObject();
        }
        if (usage.ReasoningTokenCount is { } reasoning)
        {
            writer.WriteStartObject("completion_tokens_details");
            writer.WriteNumber("reasoning_tokens", reasoning);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }
}
