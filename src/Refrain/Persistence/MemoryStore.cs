using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Refrain;

/// <summary>A durable store that lasts as long as its process: for tests, for trying things out, and for caches that need not outlive a restart.</summary>
public sealed class MemoryStore : IDurableStore
{
    private readonly ConcurrentDictionary<CacheKey, StoredEntry> _entries = new();
    private readonly ConcurrentDictionary<UInt128, long> _epochs = new();
    private readonly TimeProvider _time;
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>An empty store.</summary>
    /// <param name="timeProvider">Decides what has expired. Null: the system's.</param>
    public MemoryStore(TimeProvider? timeProvider = null) => _time = timeProvider ?? TimeProvider.System;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default) => new(_seed);

    /// <inheritdoc/>
    public ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default)
    {
        if (!_entries.TryGetValue(key, out StoredEntry entry))
            return new((StoredEntry?)null);
        if (entry.ExpiresAt > _time.GetUtcNow())
            return new(entry);
        _entries.TryRemove(KeyValuePair.Create(key, entry));
        return new((StoredEntry?)null);
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        foreach (StoredEntry entry in entries)
            _entries[entry.Key] = entry with { Value = entry.Value.ToArray() };
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        int count = 0;
        foreach (CacheKey key in keys)
        {
            if (_entries.TryRemove(key, out _))
                count++;
        }

        return new(count);
    }

    /// <inheritdoc/>
    public ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default) =>
        new(_epochs.AddOrUpdate(subject, 1, static (_, number) => number + 1));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default) =>
        new([.. _epochs.Select(static pair => new StoredEpoch(pair.Key, pair.Value))]);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredEntry> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach ((_, StoredEntry entry) in _entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.ExpiresAt > _time.GetUtcNow())
                yield return entry;
        }
    }

    /// <inheritdoc/>
    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default)
    {
        long bytes = 0;
        int count = 0;
        foreach ((_, StoredEntry entry) in _entries)
        {
            bytes += entry.Value.Length;
            count++;
        }

        return new(new DurableStatistics(count, bytes));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
