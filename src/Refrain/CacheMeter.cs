using System.Diagnostics.Metrics;

namespace Refrain;

/// <summary>The instruments of one cache. The exact path only counts, behind observable instruments; histograms begin at the durable tier.</summary>
internal sealed class CacheMeter : IDisposable
{
    internal const string MeterName = "Refrain";

    /// <summary>Seconds: from a scan in process to an embedding over the net.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.000_002, 0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    };

    private readonly Meter _meter;
    private readonly bool _isOwn;
    private readonly KeyValuePair<string, object?> _cache;
    private readonly Histogram<double> _durable;
    private readonly Histogram<double> _embed;
    private readonly Histogram<double> _semantic;

    internal CacheMeter(IMeterFactory? factory, string cache)
    {
        _isOwn = factory is null;
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _cache = new("refrain.cache", cache);
        _durable = _meter.CreateHistogram("refrain.durable.duration", "s", "Reading one entry from the durable store.", advice: Seconds);
        _embed = _meter.CreateHistogram("refrain.embed.duration", "s", "Embedding one text.", advice: Seconds);
        _semantic = _meter.CreateHistogram("refrain.semantic.duration", "s", "Looking for a near text, guards included, embedding excluded.", advice: Seconds);
    }

    /// <summary>Whether anybody listens: a clock is read for nobody else.</summary>
    internal bool MeasuresSemantic => _semantic.Enabled;

    internal bool MeasuresDurable => _durable.Enabled;

    internal void Durable(TimeSpan duration) => _durable.Record(duration.TotalSeconds, _cache);

    internal void Embed(TimeSpan duration) => _embed.Record(duration.TotalSeconds, _cache);

    internal void Semantic(TimeSpan duration) => _semantic.Record(duration.TotalSeconds, _cache);

    /// <summary>Makes the counters visible.</summary>
    /// <param name="read">Reads the statistics; called once per instrument when somebody collects.</param>
    internal void Observe(Func<CacheStatistics> read)
    {
        _meter.CreateObservableCounter("refrain.lookups", () => Kinds(read()), null, "Lookups by the tier that answered.");
        Counter("refrain.shadow_hits", null, "Semantic hits found but, in shadow mode, not served.", read, static s => s.ShadowHits);
        Counter("refrain.shared_answers", null, "Callers given the answer that another's factory made.", read, static s => s.SharedAnswers);
        _meter.CreateObservableCounter("refrain.guard_refusals", () => Refusals(read()), null, "Near texts that a guard refused.");
        Counter("refrain.wrong_hits_reported", null, "Answers reported as wrong.", read, static s => s.WrongHitsReported);
        Counter("refrain.embeddings", null, "Texts embedded.", read, static s => s.EmbeddingsComputed);
        Counter("refrain.embeddings_saved", null, "Embeddings given, remembered or shared.", read, static s => s.EmbeddingsSaved);
        Counter("refrain.embedding_failures", null, "Embeddings that failed or took too long.", read, static s => s.EmbeddingFailures);
        Counter("refrain.durable_failures", null, "Calls of the durable store that failed or took too long.", read, static s => s.DurableFailures);
        Counter("refrain.entries_rejected", null, "Stored entries that were not believed.", read, static s => s.EntriesRejected);
        Counter("refrain.writes_stored", null, "Writes the durable store acknowledged.", read, static s => s.WritesStored);
        Counter("refrain.writes_dropped", null, "Writes given up or replaced.", read, static s => s.WritesDropped);
        Gauge("refrain.writes_pending", "By", "Bytes of writes that wait.", read, static s => s.WritesPendingBytes);
        Gauge("refrain.exact_entries", null, "Entries in the table in process.", read, static s => s.ExactEntries);
        Gauge("refrain.exact_size", "By", "Bytes they take.", read, static s => s.ExactBytes);
        Gauge("refrain.indexed_entries", null, "Vectors in the semantic index.", read, static s => s.IndexedEntries);
        _meter.CreateObservableCounter("refrain.money_saved", () => new Measurement<double>((double)read().Saved, _cache), null, "What the hits would have cost.");
        _meter.CreateObservableCounter("refrain.money_spent", () => new Measurement<double>((double)read().Spent, _cache), null, "What the stored answers cost.");
    }

    public void Dispose()
    {
        if (_isOwn)
            _meter.Dispose();
    }

    private IEnumerable<Measurement<long>> Kinds(CacheStatistics statistics)
    {
        yield return new(statistics.ExactHits, _cache, new("refrain.kind", "exact"));
        yield return new(statistics.DurableHits, _cache, new("refrain.kind", "durable"));
        yield return new(statistics.SemanticHits, _cache, new("refrain.kind", "semantic"));
        yield return new(statistics.Misses, _cache, new("refrain.kind", "miss"));
    }

    private IEnumerable<Measurement<long>> Refusals(CacheStatistics statistics) =>
        RefusalCounts.Each.Select(guard => new Measurement<long>(statistics.Refusals[guard], _cache, new("refrain.guard", guard.ToString().ToLowerInvariant())));

    private void Counter(string name, string? unit, string description, Func<CacheStatistics> read, Func<CacheStatistics, long> select) =>
        _meter.CreateObservableCounter(name, () => new Measurement<long>(select(read()), _cache), unit, description);

    private void Gauge(string name, string? unit, string description, Func<CacheStatistics> read, Func<CacheStatistics, long> select) =>
        _meter.CreateObservableUpDownCounter(name, () => new Measurement<long>(select(read()), _cache), unit, description);
}
