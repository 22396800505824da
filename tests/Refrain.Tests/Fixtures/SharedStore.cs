using System.Threading.Channels;

namespace Refrain.Tests;

/// <summary>A store that several caches share: like a real one it keeps the younger of two entries, by whole microseconds, and it tells what the test says it tells.</summary>
internal sealed class SharedStore(IDurableStore inner) : IDurableStore, IChangeFeed
{
    private readonly Channel<StoreChange> _changes = Channel.CreateUnbounded<StoreChange>();

    /// <summary>Thrown by each read while it is set.</summary>
    public Exception? Failure { get; set; }

    public string Name => "shared";

    public void Tell(StoreChangeKind kind, StoredEntry entry = default) => _changes.Writer.TryWrite(new StoreChange(kind, entry));

    public IAsyncEnumerable<StoreChange> WatchAsync(CancellationToken cancellationToken = default)
    {
        Tell(StoreChangeKind.Missed);
        return _changes.Reader.ReadAllAsync(cancellationToken);
    }

    public ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default) =>
        Failure is { } failure ? ValueTask.FromException<StoredEntry?>(failure) : inner.GetAsync(key, cancellationToken);

    public async ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default)
    {
        foreach (StoredEntry entry in entries)
        {
            if (await inner.GetAsync(entry.Key, cancellationToken) is { } there && MomentOf(there) > MomentOf(entry))
                continue;
            await inner.SetAsync([entry], cancellationToken);
        }
    }

    public ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default) => inner.GetSeedAsync(cancellationToken);

    public ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default) => inner.RemoveAsync(keys, cancellationToken);

    public ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default) => inner.AdvanceEpochAsync(subject, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default) => inner.GetEpochsAsync(cancellationToken);

    public IAsyncEnumerable<StoredEntry> EnumerateAsync(CancellationToken cancellationToken = default) => inner.EnumerateAsync(cancellationToken);

    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) => inner.GetStatisticsAsync(cancellationToken);

    public ValueTask DisposeAsync() => default;

    private static long MomentOf(StoredEntry entry) => entry.CreatedAt.UtcTicks / TimeSpan.TicksPerMicrosecond;
}
