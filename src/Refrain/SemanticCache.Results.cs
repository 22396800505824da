namespace Refrain;

/// <content>What is counted and done when a lookup has its result.</content>
public sealed partial class SemanticCache
{
    private CacheResult ExactHit(CacheEntry entry) => ExactHit(entry, _counters.ExactHits.Row, started: 0);

    private CacheResult ExactHit(CacheEntry entry, long[] row, long started)
    {
        HitCounter.Count(row, entry.CostPico);
        if (entry.Slide is not null)
            Renew(entry);
        if (started != 0)
            _counters.HitLatency.Record(_clock.Time.GetElapsedTime(started), SamplingPeriod);
        return new CacheResult(entry, HitKind.Exact, 1);
    }

    private CacheResult SemanticHit(SemanticMatch near, CacheKey key, long started) =>
        near.Entry!.Key == key ? Hit(near.Entry, HitKind.Durable, 1, started) : Hit(near.Entry, HitKind.Semantic, near.Similarity, started);

    private CacheResult Hit(CacheEntry entry, HitKind kind, float similarity, long started)
    {
        if (entry.Slide is not null)
            Renew(entry);
        return _counters.Hit(entry, kind, similarity, started, _clock.Time);
    }

    /// <summary>Puts off the end of an answer that was served: here at once, in the store soon.</summary>
    private void Renew(CacheEntry entry)
    {
        if (entry.Renewed() is { } renewed)
            _precedence.Renew(entry, renewed, PendingWrite.Store(_semantic?.EmbeddingOf(entry.Key) is { } embedding ? renewed.With(embedding) : renewed));
    }

    /// <summary>A miss, perhaps for no other reason than that near texts are only watched.</summary>
    private CacheResult MissedBeside(SemanticMatch near, ReadOnlyMemory<float> vector, long started)
    {
        if (near.Entry is not null)
            _counters.ShadowHits.Increment();
        return Missed(near, vector, started);
    }

    private CacheResult Missed(SemanticMatch near, ReadOnlyMemory<float> vector, long started)
    {
        _counters.Misses.Increment();
        _counters.MissLatency.Record(_clock.Time.GetElapsedTime(started));
        return new CacheResult(near.Similarity, near.RefusedBy, vector);
    }
}
