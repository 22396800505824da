using System.Text.Json;
using System.Text.Json.Serialization;

namespace Refrain.Embeddings;

/// <summary>One vector of an answer: base64, or numbers where the service ignores the encoding that was asked for.</summary>
internal sealed class VoyageItem
{
    [JsonPropertyName("index")]
    public int Index { get; init; }

    [JsonPropertyName("embedding")]
    public JsonElement Embedding { get; init; }
}
