using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>How chats are cached. Read once, when the middleware is built.</summary>
public sealed class RefrainChatOptions
{
    /// <summary>Names that <see cref="IgnoredProperties"/> starts with: ids, traces and timestamps, which differ from call to call and change no answer.</summary>
    public static IReadOnlyList<string> DefaultIgnoredProperties { get; } =
    [
        "request_id", "requestId", "message_id", "messageId", "trace_id", "traceId", "span_id", "spanId", "traceparent", "tracestate",
        "correlation_id", "correlationId", "timestamp", "created_at", "createdAt",
    ];

    /// <summary>Whose answers these are unless a request says otherwise.</summary>
    public string Tenant { get; set; } = "local";

    /// <summary>Keeps the answers of several uses of one cache apart. Part of the scope.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>A request is cached up to this temperature. Above it a provider draws at random, and one draw is not the answer. Default: 0.1.</summary>
    public float TemperatureMax { get; set; } = 0.1f;

    /// <summary>Whether a request that names no temperature is cached. Providers' own default is about 1, so: false.</summary>
    public bool CacheWithoutTemperature { get; set; }

    /// <summary>A further rule: false bypasses the cache for a request that the rules above would admit. Null: none.</summary>
    public Func<IReadOnlyList<ChatMessage>, ChatOptions?, bool>? Admit { get; set; }

    /// <summary>Whether answers that call tools are stored. A replayed call runs the tool again, with the arguments of then. Default: false.</summary>
    public bool StoreToolCalls { get; set; }

    /// <summary>
    /// Whether requests with a <c>RawRepresentationFactory</c> are cached as if it were not there. A delegate cannot be identified, so by default
    /// such requests bypass the cache. Set it only where all that the delegate adds is in the other options as well.
    /// </summary>
    public bool IgnoreRawRepresentationFactory { get; set; }

    /// <summary>Additional properties, of requests, messages and contents, that are no part of a request's identity. Compared by ordinal.</summary>
    public ISet<string> IgnoredProperties { get; } = new HashSet<string>(DefaultIgnoredProperties, StringComparer.Ordinal);

    /// <summary>
    /// Turns a conversation into one question that stands alone ("and in winter?" into "What is the weather in Oslo in winter?"), so that it can
    /// hit whatever was said before. Null, or a null result: the history is part of the scope and must be equal.
    /// </summary>
    public Func<IReadOnlyList<ChatMessage>, CancellationToken, ValueTask<string?>>? Condense { get; set; }

    /// <summary>Works out what an upstream call cost, where no router below has written it. Null: costs count as 0.</summary>
    public ModelPrices? Prices { get; set; }

    /// <summary>Pause between the chunks of an answer that is replayed as a stream. Default: none.</summary>
    public TimeSpan ReplayPause { get; set; }

    /// <summary>How long an upstream call goes on when all its callers have left, so that what is paid for is stored. Zero: it is cancelled at once.</summary>
    public TimeSpan AbandonedTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What a million tokens of the embedder cost; taken off the savings. Default: 0, a local model.</summary>
    public decimal EmbeddingPricePerMillion { get; set; }

    /// <summary>Makes the meter "Refrain.Chat". Null: one of the client's own.</summary>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>The clock of pauses and time-outs.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Tenant);
        ArgumentNullException.ThrowIfNull(Namespace);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (!float.IsFinite(TemperatureMax) || TemperatureMax < 0)
            throw new ArgumentOutOfRangeException(nameof(TemperatureMax), TemperatureMax, "TemperatureMax is a finite number from 0.");
        ArgumentOutOfRangeException.ThrowIfLessThan(ReplayPause, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(AbandonedTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(EmbeddingPricePerMillion);
    }
}
