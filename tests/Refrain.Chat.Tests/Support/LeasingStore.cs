using System.Collections.Concurrent;

namespace Refrain.Chat.Tests;

/// <summary>A store in memory that several caches share as several processes would, with leases that never end by themselves.</summary>
internal sealed class LeasingStore : IDurableStore, IFlightLeases
{
    private readonly MemoryStore _store = new();
    private readonly ConcurrentDictionary<CacheKey, long> _held = new();
    private long _last;

    public string Name => _store.Name;

    public ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default) => _store.GetSeedAsync(cancellationToken);

    public ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default) => _store.GetAsync(key, cancellationToken);

    public ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default) => _store.SetAsync(entries, cancellationToken);

    public ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default) => _store.RemoveAsync(keys, cancellationToken);

    public ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default) => _store.AdvanceEpochAsync(subject, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default) => _store.GetEpochsAsync(cancellationToken);

    public IAsyncEnumerable<StoredEntry> EnumerateAsync(CancellationToken cancellationToken = default) => _store.EnumerateAsync(cancellationToken);

    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) => _store.GetStatisticsAsync(cancellationToken);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    public ValueTask<long> TryTakeLeaseAsync(CacheKey key, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        long number = Interlocked.Increment(ref _last);
        return new(_held.TryAdd(key, number) ? number : 0);
    }

    public ValueTask<bool> ExtendLeaseAsync(CacheKey key, long fence, TimeSpan duration, CancellationToken cancellationToken = default) =>
        new(_held.TryGetValue(key, out long held) && held == fence);

    public ValueTask EndLeaseAsync(CacheKey key, long fence, CancellationToken cancellationToken = default)
    {
        _held.TryRemove(KeyValuePair.Create(key, fence));
        return default;
    }
}
