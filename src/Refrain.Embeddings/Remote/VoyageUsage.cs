using System.Text.Json.Serialization;

namespace Refrain.Embeddings;

/// <summary>What a request was billed for.</summary>
internal sealed class VoyageUsage
{
    [JsonPropertyName("total_tokens")]
    public long TotalTokens { get; init; }
}
