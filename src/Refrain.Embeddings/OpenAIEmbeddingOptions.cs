namespace Refrain.Embeddings;

/// <summary>How an OpenAI-compatible embeddings endpoint is asked: OpenAI itself, or Ollama, vLLM, LM Studio, text-embeddings-inference and others.</summary>
public sealed class OpenAIEmbeddingOptions
{
    /// <summary>The key; servers on one's own machine take any.</summary>
    public string ApiKey { get; init; } = "none";

    /// <summary>The base address, up to and including the version: "/embeddings" is added.</summary>
    public Uri Endpoint { get; init; } = new("https://api.openai.com/v1");

    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Numbers in a vector, from 64 to 4,096.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Whether the dimension is sent along. Models of one fixed dimension refuse requests that name it.</summary>
    public bool SendsDimensions { get; init; }

    /// <summary>Most UTF-8 bytes of a text that is matched. A token has a byte at least, so such a text fits a window of as many tokens.</summary>
    public int TextBytesMax { get; init; } = 8_191;

    /// <summary>How long one call may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The calibrated threshold of this model and dimension; null where nobody calibrated.</summary>
    public float? SimilarityThreshold { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ApiKey);
        ArgumentException.ThrowIfNullOrWhiteSpace(Model);
        if (Endpoint is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) throw new ArgumentException($"Endpoint is {Endpoint}; an absolute http or https address is needed.");
        if (Dimensions is < 64 or > 4096) throw new ArgumentException($"Dimensions is {Dimensions}; 64 to 4096 are allowed.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(TextBytesMax);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
    }
}
