namespace Refrain;

/// <summary>What to do about an answer that was wrong.</summary>
public static class SemanticCacheReports
{
    /// <summary>
    /// Takes a wrong answer back. What answered as the very same request is removed; of a semantic hit the pair is remembered: those two texts never answer
    /// each other again, here, after a restart, and in every process of the store. The near text keeps its answer.
    /// </summary>
    /// <param name="cache">The cache that answered.</param>
    /// <param name="query">What was asked.</param>
    /// <param name="wrong">What the cache answered.</param>
    /// <param name="right">The right answer, stored for the query. Null: the next lookup is a miss, or finds another near text.</param>
    /// <param name="cancellationToken">Ends the wait for the store; in this process the report holds already.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="wrong"/> is no hit or one of another scope, or the query is what <see cref="SemanticCache.SetAsync"/> refuses.
    /// </exception>
    public static async ValueTask ReportWrongHitAsync(
        this SemanticCache cache, CacheQuery query, CacheResult wrong, CacheAnswer? right = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(query.Scope, nameof(query));
        byte[] asked = CanonicalForm.ToUtf8(query.Text, nameof(query));
        if (!wrong.IsHit || wrong.Entry is not { } entry || !entry.Scope.Equals(query.Scope))
            throw new ArgumentException("Only a hit can be wrong, and only in its own scope.", nameof(wrong));
        cache.Counters.WrongHits.Increment();
        if (wrong.Kind == HitKind.Semantic)
            await cache.AdvanceAsync(new EpochTarget(Scope: query.Scope.Keep(), Texts: (asked, entry.Text)), cancellationToken).ConfigureAwait(false);
        else
            await cache.RemoveAsync(entry.Key, cancellationToken).ConfigureAwait(false);
        if (right is { } answer)
            await cache.SetAsync(query, answer.Payload, answer.Options, cancellationToken).ConfigureAwait(false);
    }
}
