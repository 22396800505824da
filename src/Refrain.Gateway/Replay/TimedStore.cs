namespace Refrain.Gateway;

/// <summary>Measures how long each read of the durable store takes.</summary>
internal sealed class TimedStore(IDurableStore inner, LatencySamples reads, TimeProvider time) : IDurableStore
{
    public string Name => inner.Name;

    public ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default) => inner.GetSeedAsync(cancellationToken);

    public async ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default)
    {
        long started = time.GetTimestamp();
        StoredEntry? entry = await inner.GetAsync(key, cancellationToken).ConfigureAwait(false);
        reads.Add(time.GetElapsedTime(started));
        return entry;
    }

    public ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default) => inner.SetAsync(entries, cancellationToken);

    public ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default) => inner.RemoveAsync(keys, cancellationToken);

    public ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default) => inner.AdvanceEpochAsync(subject, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default) => inner.GetEpochsAsync(cancellationToken);

    public IAsyncEnumerable<StoredEntry> EnumerateAsync(CancellationToken cancellationToken = default) => inner.EnumerateAsync(cancellationToken);

    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) => inner.GetStatisticsAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
