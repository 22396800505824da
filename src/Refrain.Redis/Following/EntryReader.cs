namespace Refrain.Redis;

/// <summary>Reads the entry at a key, or null.</summary>
/// <param name="attached">The store.</param>
/// <param name="breaker">Who counts failures.</param>
/// <param name="key">Of the entry.</param>
/// <param name="budget">How long to wait.</param>
/// <param name="cancellationToken">Ends the waiting.</param>
internal delegate ValueTask<StoredEntry?> EntryReader(
    Attached attached, CircuitBreaker breaker, CacheKey key, TimeSpan budget, CancellationToken cancellationToken);
