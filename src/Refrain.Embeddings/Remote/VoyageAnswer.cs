using System.Text.Json.Serialization;

namespace Refrain.Embeddings;

/// <summary>The body of an answer.</summary>
internal sealed class VoyageAnswer
{
    [JsonPropertyName("data")]
    public List<VoyageItem>? Data { get; init; }

    [JsonPropertyName("usage")]
    public VoyageUsage? Usage { get; init; }
}
