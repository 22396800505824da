namespace Refrain;

/// <content>What is counted and done when a lookup has its result.</content>
public sealed partial class SemanticCache
{
    private CacheResult ExactHit(CacheEntry entry) => ExactHit(entry, _counters.Rows.Row, start: default);

    private CacheResult ExactHit(CacheEntry entry, long[] row, LookupStart start)
    {
        row[CounterRows.ExactHits]++;
        row[CounterRows.SavedPico] += entry.CostPico;
        if (entry.Slide is not null)
            Renew(entry);
        _counters.HitLatency.Record(start, _clock.Time);
        return new CacheResult(entry, HitKind.Exact, 1);
    }

    private CacheResult SemanticHit(SemanticMatch near, CacheKey key, LookupStart start) =>
        near.Entry!.Key == key ? Hit(near.Entry, HitKind.Durable, 1, start) : Hit(near.Entry, HitKind.Semantic, near.Similarity, start);

    private CacheResult Hit(CacheEntry entry, HitKind kind, float similarity, LookupStart start)
    {
        if (entry.Slide is not null)
            Renew(entry);
        return _counters.Hit(entry, kind, similarity, start, _clock.Time);
    }

    /// <summary>Puts off the end of an answer that was served: here at once, in the store soon.</summary>
    private void Renew(CacheEntry entry)
    {
        if (entry.Renewed() is { } renewed)
            _precedence.Renew(entry, renewed, PendingWrite.Store(_semantic?.EmbeddingOf(entry.Key) is { } embedding ? renewed.With(embedding) : renewed));
    }

    /// <summary>A miss, perhaps for no other reason than that near texts are only watched.</summary>
    private CacheResult MissedBeside(SemanticMatch near, ReadOnlyMemory<float> vector, LookupStart start)
    {
        if (near.Entry is not null)
            _counters.ShadowHits.Increment();
        return Missed(near, vector, start);
    }

    /// <summary>A miss, because the cache is off or the text is too long.</summary>
    private CacheResult Refused()
    {
        if (_options.Enabled)
            _counters.Oversized.Increment();
        return Missed(SemanticMatch.Nothing, default, _clock.Start());
    }

    private CacheResult Missed(SemanticMatch near, ReadOnlyMemory<float> vector, LookupStart start)
    {
        _counters.Rows.Row[CounterRows.Misses]++;
        _counters.MissLatency.Record(start, _clock.Time);
        return new CacheResult(near.Similarity, near.RefusedBy, vector);
    }
}
