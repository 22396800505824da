namespace Refrain;

/// <summary>How a cache behaves. Validated when it opens; changing an instance afterwards changes nothing.</summary>
public sealed class SemanticCacheOptions
{
    /// <summary>False makes every lookup a miss and stores nothing. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Name of the cache, for logs, metrics, health and the index file: letters, digits, '-' and '_'. Default: "default".</summary>
    public string Name { get; set; } = "default";

    /// <summary>Caches of different namespaces never share an answer, not even over one store. Default: "".</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Where the file of the semantic index lies. Null: the index is kept in memory and rebuilt from the store at every start.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>Smallest cosine similarity of a semantic hit, in (0, 1]. Null: that of the embedding space, or 0.95 where nobody calibrated it.</summary>
    public float? SimilarityThreshold { get; set; }

    /// <summary>Bytes that the exact table may take in memory, overhead included. Default: 256 MiB.</summary>
    public long ExactBytesMax { get; set; } = 256L * 1024 * 1024;

    /// <summary>How long an answer is served, unless its own options say otherwise. Default: one day.</summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The share, in [0, 0.5], by which each time to live is shortened at random, so that what was stored together does not end together. Default: 0.</summary>
    public double TimeToLiveJitter { get; set; }

    /// <summary>How long the failure of a factory is remembered and thrown again for the same request. Default: zero, so that every request tries.</summary>
    public TimeSpan FailureTimeToLive { get; set; }

    /// <summary>The longest that any answer may be served, whatever its options say. Default: 90 days.</summary>
    public TimeSpan TimeToLiveMax { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long one embedding may take; after that the lookup is a miss. Default: 2 s.</summary>
    public TimeSpan EmbedTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one call of the durable store may take; after that the lookup goes on without it. Default: 250 ms.</summary>
    public TimeSpan DurableTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long opening and disposing may wait for the durable store. Default: 10 s.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Where the store is shared and gives leases: how long a process that makes an answer keeps the others from making it too, unless it says in between that it is still at it.
    /// So a stampede over all processes makes one call, and a process that dies costs the others this long. Null (the default): each process calls for itself.
    /// </summary>
    public TimeSpan? FlightLease { get; set; }

    /// <summary>Entries that take more bytes than this in the durable store are compressed (Brotli), where that makes them smaller. Null (the default): none is.</summary>
    public int? CompressAboveBytes { get; set; }

    /// <summary>Bytes of answers that may wait to be written to the durable store; beyond, the oldest are dropped and counted. Default: 64 MiB.</summary>
    public long WriteBackBytesMax { get; set; } = 64L * 1024 * 1024;

    /// <summary>Longest text, in bytes of UTF-8, that is cached or embedded; a longer one is a miss. Default: 256 KiB.</summary>
    public int TextBytesMax { get; set; } = 256 * 1024;

    /// <summary>Longest answer, in bytes, that is kept. Default: 8 MiB.</summary>
    public int PayloadBytesMax { get; set; } = 8 * 1024 * 1024;

    /// <summary>Bytes of embeddings that are remembered by their text, so that a repeated text is not embedded again. Default: 32 MiB.</summary>
    public long EmbeddingMemoBytesMax { get; set; } = 32L * 1024 * 1024;

    /// <summary>The checks that a near text must pass. Default: <see cref="Guards.Default"/>.</summary>
    public Guards Guards { get; set; } = Guards.Default;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (Problems().FirstOrDefault() is { } problem)
            throw new ArgumentException(problem);
    }

    internal SemanticCacheOptions Clone() => (SemanticCacheOptions)MemberwiseClone();

    /// <summary>What is wrong with these options, each with its name, its value and its range.</summary>
    internal IEnumerable<string> Problems()
    {
        if (string.IsNullOrEmpty(Name) || !Name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            yield return $"Name is '{Name}', expected letters, digits, '-' and '_': it names the index file.";
        if (Namespace is null)
            yield return "Namespace is null, expected a text, which may be empty.";
        if (SimilarityThreshold is { } threshold && !(threshold is > 0 and <= 1))
            yield return $"SimilarityThreshold is {threshold}, expected a cosine in (0, 1].";
        if (ExactBytesMax < 0)
            yield return $"ExactBytesMax is {ExactBytesMax}, expected 0 or more bytes.";
        if (WriteBackBytesMax <= 0)
            yield return $"WriteBackBytesMax is {WriteBackBytesMax}, expected more than 0 bytes.";
        if (EmbeddingMemoBytesMax < 0)
            yield return $"EmbeddingMemoBytesMax is {EmbeddingMemoBytesMax}, expected 0 or more bytes.";
        if (TextBytesMax is <= 0 or > MaxFieldBytes)
            yield return $"TextBytesMax is {TextBytesMax}, expected 1 to {MaxFieldBytes} bytes.";
        if (PayloadBytesMax is <= 0 or > MaxFieldBytes)
            yield return $"PayloadBytesMax is {PayloadBytesMax}, expected 1 to {MaxFieldBytes} bytes.";
        if ((Guards & ~Guards.Default) != Guards.None)
            yield return $"Guards is {(int)Guards}, which holds a bit that is no guard.";
        if (TimeToLiveMax <= TimeSpan.Zero || TimeToLiveMax > MaxSpan)
            yield return $"TimeToLiveMax is {TimeToLiveMax}, expected more than zero and at most {MaxSpan}.";
        if (!(TimeToLiveJitter is >= 0 and <= 0.5))
            yield return $"TimeToLiveJitter is {TimeToLiveJitter}, expected a share in [0, 0.5].";
        if (FailureTimeToLive < TimeSpan.Zero || FailureTimeToLive > MaxSpan)
            yield return $"FailureTimeToLive is {FailureTimeToLive}, expected zero to {MaxSpan}.";
        if (CompressAboveBytes < 0)
            yield return $"CompressAboveBytes is {CompressAboveBytes}, expected null, or 0 or more bytes.";
        if (FlightLease is { } lease && (lease < FlightLeaseMin || lease > MaxSpan))
            yield return $"FlightLease is {lease}, expected null, or {FlightLeaseMin} to {MaxSpan}.";
        foreach ((string name, TimeSpan value) in new[]
        {
            (nameof(TimeToLive), TimeToLive), (nameof(EmbedTimeout), EmbedTimeout), (nameof(DurableTimeout), DurableTimeout), (nameof(DrainTimeout), DrainTimeout),
        })
        {
            if (value <= TimeSpan.Zero || value > MaxSpan)
                yield return $"{name} is {value}, expected more than zero and at most {MaxSpan}.";
        }
    }

    internal const int MaxFieldBytes = 64 * 1024 * 1024;

    internal static readonly TimeSpan FlightLeaseMin = TimeSpan.FromMilliseconds(50);

    internal static readonly TimeSpan MaxSpan = TimeSpan.FromDays(3650);
}
