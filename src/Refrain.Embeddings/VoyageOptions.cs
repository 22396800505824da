namespace Refrain.Embeddings;

/// <summary>How Voyage AI is asked for embeddings. Set once, before the generator is made.</summary>
public sealed class VoyageOptions
{
    /// <summary>Inputs that the service takes in one request.</summary>
    public const int BatchCountLimit = 1000;

    /// <summary>The key, sent as a bearer token; never logged, in no message.</summary>
    public required string ApiKey { get; init; }

    /// <summary>Where requests go.</summary>
    public Uri Endpoint { get; init; } = new("https://api.voyageai.com/v1/embeddings");

    /// <summary>Model name.</summary>
    public string Model { get; init; } = "voyage-4";

    /// <summary>Numbers in a vector: 256, 512, 1,024 or 2,048.</summary>
    public int Dimensions { get; init; } = 1024;

    /// <summary>Whether vectors travel as 8-bit integers: a quarter of the bytes, and what the index keeps anyway.</summary>
    public bool Quantized { get; init; }

    /// <summary>
    /// "query", "document" or null. The same for every text: a cache compares prompts with prompts, so the two sides of a search would only set them apart.
    /// </summary>
    public string? InputType { get; init; }

    /// <summary>Most UTF-8 bytes of a text that is sent. A token has a byte at least, so such a text fits the model's window; a longer one is not matched.</summary>
    public int TextBytesMax { get; init; } = 32_000;

    /// <summary>Most texts in one request, up to <see cref="BatchCountLimit"/>.</summary>
    public int BatchCountMax { get; init; } = 128;

    /// <summary>Most tokens, as estimated, in one request.</summary>
    public int BatchTokensMax { get; init; } = 100_000;

    /// <summary>Most requests under way at once.</summary>
    public int ConcurrencyMax { get; init; } = 8;

    /// <summary>Requests a minute that the account allows; kept ahead of time.</summary>
    public int RequestsPerMinute { get; init; } = 2_000;

    /// <summary>Tokens a minute that the account allows; kept ahead of time.</summary>
    public int TokensPerMinute { get; init; } = 8_000_000;

    /// <summary>How long one call may take, waits and further attempts included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Attempts after the first, where the service says 429 or 5xx or the connection breaks.</summary>
    public int RetryCountMax { get; init; } = 2;

    /// <summary>The calibrated threshold of this model and dimension; null where nobody calibrated.</summary>
    public float? SimilarityThreshold { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ApiKey);
        ArgumentException.ThrowIfNullOrWhiteSpace(Model);
        if (Endpoint is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) throw new ArgumentException($"Endpoint is {Endpoint}; an absolute http or https address is needed.");
        if (Dimensions is not (256 or 512 or 1024 or 2048)) throw new ArgumentException($"Dimensions is {Dimensions}; Voyage AI has 256, 512, 1024 and 2048.");
        if (InputType is not (null or "query" or "document")) throw new ArgumentException($"InputType is \"{InputType}\"; Voyage AI has \"query\", \"document\" and null.");
        if (BatchCountMax is < 1 or > BatchCountLimit) throw new ArgumentException($"BatchCountMax is {BatchCountMax}; 1 to {BatchCountLimit} are allowed.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(TextBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchTokensMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ConcurrencyMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(RequestsPerMinute);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(TokensPerMinute);
        ArgumentOutOfRangeException.ThrowIfNegative(RetryCountMax);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
    }
}
