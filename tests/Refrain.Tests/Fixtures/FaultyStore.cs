namespace Refrain.Tests;

/// <summary>A store that fails, hangs or answers wrongly on demand, over one that works.</summary>
internal sealed class FaultyStore(IDurableStore inner) : IDurableStore
{
    private int _calls;

    public Exception? Failure { get; set; }

    public TaskCompletionSource? Hang { get; set; }

    /// <summary>Holds what was read back until it is set.</summary>
    public TaskCompletionSource? HoldReply { get; set; }

    public Func<StoredEntry?, StoredEntry?>? Alter { get; set; }

    public int Calls => Volatile.Read(ref _calls);

    public string Name => "faulty";

    public async ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default)
    {
        await BeforeAsync();
        return await inner.GetSeedAsync(cancellationToken);
    }

    public async ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default)
    {
        await BeforeAsync();
        StoredEntry? entry = await inner.GetAsync(key, cancellationToken);
        if (HoldReply is { } hold)
            await hold.Task;
        return Alter is null ? entry : Alter(entry);
    }

    public async ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default)
    {
        await BeforeAsync();
        await inner.SetAsync(entries, cancellationToken);
    }

    public async ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default)
    {
        await BeforeAsync();
        return await inner.RemoveAsync(keys, cancellationToken);
    }

    public async ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default)
    {
        await BeforeAsync();
        return await inner.AdvanceEpochAsync(subject, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default)
    {
        await BeforeAsync();
        return await inner.GetEpochsAsync(cancellationToken);
    }

    public IAsyncEnumerable<StoredEntry> EnumerateAsync(CancellationToken cancellationToken = default) => inner.EnumerateAsync(cancellationToken);

    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) => inner.GetStatisticsAsync(cancellationToken);

    public ValueTask DisposeAsync() => default;

    private async Task BeforeAsync()
    {
        Interlocked.Increment(ref _calls);
        if (Hang is { } hang)
            await hang.Task;
        if (Failure is { } failure)
            throw failure;
    }
}
