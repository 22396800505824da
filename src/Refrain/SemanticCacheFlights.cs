namespace Refrain;

/// <summary>One call for a request among all processes that share a store, for callers who make their answers themselves.</summary>
public static class SemanticCacheFlights
{
    /// <summary>
    /// After a miss: waits until no other process is making the answer to this request. With <see cref="SemanticCacheOptions.FlightLease"/> unset, or a store that gives no
    /// leases, that is at once. <see cref="SemanticCache.GetOrCreateAsync"/> does this by itself.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="query">What is to be answered. A lent scope must stay as it is until the call has completed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Another process's answer, or the leave to make one: to be held until <see cref="SemanticCache.SetAsync"/> has returned.</returns>
    /// <exception cref="ArgumentException">The text is malformed UTF-16, or the embedding is not one of the cache's space.</exception>
    public static ValueTask<CacheFlight> BeginFlightAsync(this SemanticCache cache, CacheQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        return cache.SharedFlights.BeginAsync(cache.KeyOf(query), query, cancellationToken);
    }
}
