namespace Refrain;

/// <summary>
/// The truth: entries live here, and everything in process can be rebuilt from it.
/// A store may be slow, absent or wrong: the engine gives each call a deadline, takes a failure for a miss, and checks every entry it is handed.
/// </summary>
/// <remarks>All members may be called at once from many threads. None keeps its caller's thread waiting for another machine; one that reads a local file may read it there.</remarks>
public interface IDurableStore : IAsyncDisposable
{
    /// <summary>Name for logs and metrics, such as "sqlite".</summary>
    string Name { get; }

    /// <summary>The secret seed of this store's keys. Made at random by the first caller, and the same ever after, for every process, unless the store is emptied.</summary>
    /// <remarks>Fails while a remote store cannot be reached: until it succeeds nothing may be read from the store or written to it.</remarks>
    ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default);

    /// <summary>The entry at <paramref name="key"/>, or null if there is none or it has expired.</summary>
    ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default);

    /// <summary>Stores the entries, replacing those at the same keys. When it returns they survive the death of the process.</summary>
    ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default);

    /// <summary>Forgets the entries at <paramref name="keys"/>; keys that are not there are no error.</summary>
    /// <returns>How many were there.</returns>
    ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Raises the epoch of <paramref name="subject"/>, which outdates all entries made before.</summary>
    /// <returns>The new number; at least 1, and greater than any that this subject had.</returns>
    ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default);

    /// <summary>Every epoch above 0.</summary>
    ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default);

    /// <summary>Every entry that has not expired, in no order. Entries written meanwhile may or may not come.</summary>
    IAsyncEnumerable<StoredEntry> EnumerateAsync(CancellationToken cancellationToken = default);

    /// <summary>What the store holds.</summary>
    ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default);
}
