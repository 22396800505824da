using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Refrain;

/// <summary>Reads <see cref="SemanticCacheOptions"/> from configuration: each under its own name in a section, and under an environment name at the root, which wins.</summary>
public static class RefrainConfiguration
{
    /// <summary>The section that holds options by their names, such as <c>Refrain:TextBytesMax</c>.</summary>
    public const string SectionName = "Refrain";

    private static readonly Setting[] Settings =
    [
        new(nameof(SemanticCacheOptions.Enabled), "CACHE_ENABLED", static (options, text) => options.Enabled = bool.Parse(text)),
        new(nameof(SemanticCacheOptions.SimilarityThreshold), "CACHE_SEMANTIC_CACHE_THRESHOLD", static (options, text) => options.SimilarityThreshold = float.Parse(text, CultureInfo.InvariantCulture)),
        new(nameof(SemanticCacheOptions.TimeToLive), "CACHE_TTL", static (options, text) => options.TimeToLive = Span(text)),
        new(nameof(SemanticCacheOptions.TimeToLiveMax), "CACHE_TTL_MAX", static (options, text) => options.TimeToLiveMax = Span(text)),
        new(nameof(SemanticCacheOptions.TimeToLiveJitter), "CACHE_TTL_JITTER", static (options, text) => options.TimeToLiveJitter = double.Parse(text, CultureInfo.InvariantCulture)),
        new(nameof(SemanticCacheOptions.FailureTimeToLive), "CACHE_FAILURE_TTL", static (options, text) => options.FailureTimeToLive = Span(text)),
        new(nameof(SemanticCacheOptions.Namespace), "CACHE_NAMESPACE", static (options, text) => options.Namespace = text),
        new(nameof(SemanticCacheOptions.DataDirectory), "REFRAIN_DATA", static (options, text) => options.DataDirectory = text),
        new(nameof(SemanticCacheOptions.ExactBytesMax), "REFRAIN_EXACT_BYTES_MAX", static (options, text) => options.ExactBytesMax = Bytes(text)),
        new(nameof(SemanticCacheOptions.EmbedTimeout), "REFRAIN_EMBED_TIMEOUT", static (options, text) => options.EmbedTimeout = Span(text)),
        new(nameof(SemanticCacheOptions.DurableTimeout), "REFRAIN_DURABLE_TIMEOUT", static (options, text) => options.DurableTimeout = Span(text)),
        new(nameof(SemanticCacheOptions.DrainTimeout), "REFRAIN_DRAIN_TIMEOUT", static (options, text) => options.DrainTimeout = Span(text)),
        new(nameof(SemanticCacheOptions.FlightLease), "REFRAIN_FLIGHT_LEASE", static (options, text) => options.FlightLease = Span(text)),
        new(nameof(SemanticCacheOptions.CompressAboveBytes), "REFRAIN_COMPRESS_ABOVE_BYTES", static (options, text) => options.CompressAboveBytes = checked((int)Bytes(text))),
        new(nameof(SemanticCacheOptions.WriteBackBytesMax), "REFRAIN_WRITE_BACK_BYTES_MAX", static (options, text) => options.WriteBackBytesMax = Bytes(text)),
        new(nameof(SemanticCacheOptions.EmbeddingMemoBytesMax), "REFRAIN_EMBEDDING_MEMO_BYTES_MAX", static (options, text) => options.EmbeddingMemoBytesMax = Bytes(text)),
        new(nameof(SemanticCacheOptions.TextBytesMax), "REFRAIN_TEXT_BYTES_MAX", static (options, text) => options.TextBytesMax = checked((int)Bytes(text))),
        new(nameof(SemanticCacheOptions.PayloadBytesMax), "REFRAIN_PAYLOAD_BYTES_MAX", static (options, text) => options.PayloadBytesMax = checked((int)Bytes(text))),
        new(nameof(SemanticCacheOptions.Guards), "REFRAIN_GUARDS", static (options, text) => options.Guards = Enum.Parse<Guards>(text, ignoreCase: true)),
    ];

    /// <summary>The environment name of each option, by the option's name.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentNames { get; } = Settings.ToDictionary(static setting => setting.Option, static setting => setting.EnvironmentName, StringComparer.Ordinal);

    /// <summary>Takes over every option that the configuration names. Times are seconds ("90", "0.25") or spans ("1.12:00:00"), sizes bytes ("1048576") or "64MiB".</summary>
    /// <param name="options">The options to change.</param>
    /// <param name="configuration">The root of the configuration.</param>
    /// <exception cref="ArgumentException">A value cannot be read; the message names it.</exception>
    public static void ReadRefrain(this SemanticCacheOptions options, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configuration);
        foreach (Setting setting in Settings)
        {
            Read(options, setting, configuration, $"{SectionName}:{setting.Option}");
            Read(options, setting, configuration, setting.EnvironmentName);
        }
    }

    private static void Read(SemanticCacheOptions options, Setting setting, IConfiguration configuration, string key)
    {
        if (configuration[key] is not { Length: > 0 } text)
            return;
        try
        {
            setting.Take(options, text);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
        {
            throw new ArgumentException($"{key} is '{text}', which is no value of {setting.Option}: {exception.Message}", exception);
        }
    }

    private static TimeSpan Span(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.Parse(text, CultureInfo.InvariantCulture);

    private static long Bytes(string text)
    {
        foreach ((string unit, long factor) in new[] { ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30) })
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                return checked(long.Parse(text.AsSpan(0, text.Length - unit.Length), CultureInfo.InvariantCulture) * factor);
        }

        return long.Parse(text, CultureInfo.InvariantCulture);
    }

    private sealed record Setting(string Option, string EnvironmentName, Action<SemanticCacheOptions, string> Take);
}
