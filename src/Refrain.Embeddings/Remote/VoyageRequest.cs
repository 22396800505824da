using System.Text.Json.Serialization;

namespace Refrain.Embeddings;

/// <summary>The body of a request.</summary>
internal sealed class VoyageRequest
{
    [JsonPropertyName("input")]
    public required IReadOnlyList<string> Input { get; init; }

    [JsonPropertyName("model")]
    public required string Model { get; init; }

    [JsonPropertyName("input_type")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InputType { get; init; }

    /// <summary>Always false: a text that was cut would be one with every other that begins alike.</summary>
    [JsonPropertyName("truncation")]
    public bool Truncation { get; init; }

    [JsonPropertyName("output_dimension")]
    public int OutputDimension { get; init; }

    [JsonPropertyName("output_dtype")]
    public required string OutputDtype { get; init; }

    [JsonPropertyName("encoding_format")]
    public string EncodingFormat { get; init; } = "base64";
}
