using System.Diagnostics.Metrics;

namespace Refrain.Chat;

/// <summary>What became of chats, for whoever collects. Nothing is recorded on the way of a request: the counts are read when they are asked for.</summary>
internal sealed class ChatMeter : IDisposable
{
    public const string MeterName = "Refrain.Chat";

    private readonly Meter _meter;
    private readonly bool _isOwn;

    public ChatMeter(IMeterFactory? factory, Func<ChatStatistics> read)
    {
        _isOwn = factory is null;
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _meter.CreateObservableCounter("refrain.chat.requests", () => Requests(read()), unit: null, "Chats by what the cache said.");
        _meter.CreateObservableCounter("refrain.chat.shared", () => read().Shared, unit: null, "Misses that another caller's upstream call answered.");
        _meter.CreateObservableCounter("refrain.chat.stored", () => read().Stored, unit: null, "Answers that were stored.");
        _meter.CreateObservableCounter("refrain.chat.not_stored", () => NotStored(read()), unit: null, "Answers that were not stored, by reason.");
        _meter.CreateObservableGauge("refrain.chat.net_saved", () => (double)read().NetSaved, unit: null, "What the hits had cost to make less what the embeddings cost, in the currency of the prices.");
    }

    public void Dispose()
    {
        if (_isOwn) _meter.Dispose();
    }

    private static IEnumerable<Measurement<long>> Requests(ChatStatistics statistics) =>
    [
        Kind("exact", statistics.ExactHits),
        Kind("durable", statistics.DurableHits),
        Kind("semantic", statistics.SemanticHits),
        Kind("miss", statistics.Misses),
        Kind("bypass", statistics.Bypassed),
    ];

    private static IEnumerable<Measurement<long>> NotStored(ChatStatistics statistics) =>
        statistics.NotStored.Select(pair => new Measurement<long>(pair.Value, new KeyValuePair<string, object?>(RefrainProperties.Reason, pair.Key)));

    private static Measurement<long> Kind(string kind, long count) => new(count, new KeyValuePair<string, object?>(RefrainProperties.Kind, kind));
}
