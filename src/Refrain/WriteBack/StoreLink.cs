using Microsoft.Extensions.Logging;

namespace Refrain;

/// <summary>Ties the tiers in process to the durable store: takes its seed and epochs, and rebuilds from its entries what is missing in process.</summary>
internal sealed class StoreLink : IAsyncDisposable
{
    /// <summary>How long opening waits for a store before it goes on without one.</summary>
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    /// <summary>So many entries are given back to an emptied store at once, with a pause after them: 2,560 a second at most, so that it stays quick for lookups.</summary>
    private const int RefillPageLength = 256;

    private static readonly TimeSpan RefillPause = TimeSpan.FromMilliseconds(100);

    private readonly DurableTier _durable;
    private readonly ExactTable _exact;
    private readonly SemanticTier? _semantic;
    private readonly WriteQueue _writes;
    private readonly EpochTable _epochs;
    private readonly SemanticCacheOptions _options;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _working = Task.CompletedTask;

    internal StoreLink(
        DurableTier durable, ExactTable exact, SemanticTier? semantic, WriteQueue writes, EpochTable epochs, SemanticCacheOptions options, MonotonicClock clock, ILogger logger)
    {
        _durable = durable;
        _exact = exact;
        _semantic = semantic;
        _writes = writes;
        _epochs = epochs;
        _options = options;
        _clock = clock;
        _logger = logger;
    }

    internal async Task OpenAsync(CancellationToken cancellation)
    {
        bool isAttached = await TryAttachAsync(cancellation).ConfigureAwait(false);
        if (!isAttached)
        {
            _semantic?.Bind(null);
            Log.Detached(_logger, _options.Name, _durable.Store.Name);
        }

        Log.Opened(_logger, _options.Name, _durable.Store.Name, _semantic?.Space.Model ?? "none", _semantic?.Threshold ?? float.NaN);
        var isFollowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _working = Task.Run(() => FollowAsync(isAttached, isFollowing), CancellationToken.None);
        if (isAttached && _durable.Store is IChangeFeed)
            await WaitAsync(isFollowing.Task, cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>The door of an entry that another process stored.</summary>
    internal void Put(StoredEntry stored)
    {
        if (_durable.Check(stored, stored.Key) is not { } entry || !entry.IsServable(_epochs))
            return;

        // Where there is nothing to replace: a reader may have been handed an older one, and may no longer promote that.
        if (_exact.Find(entry.Key) is { } known)
            Agree(known, entry);
        else
            _exact.Remove(entry.Key);
        _semantic?.AddStored(entry);
    }

    /// <summary>The door of a removal by another process.</summary>
    internal void Forget(CacheKey key)
    {
        _exact.Remove(key);
        _semantic?.Remove(key);
    }

    /// <summary>The door of an invalidation by another process.</summary>
    internal void Learn(StoredEpoch epoch) => _epochs.Raise(epoch.Subject, epoch.Number);

    /// <summary>Forgets all that is in process and takes the store's seed anew.</summary>
    /// <returns>False if the store did not answer.</returns>
    internal async Task<bool> ReopenAsync(CancellationToken cancellation)
    {
        _durable.Detach();
        return await TryAttachAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Forgets what is in the table in process, where it may have outlived what is in the store.</summary>
    internal void ForgetTable() => _exact.Clear();

    /// <summary>Compares the index with the store.</summary>
    /// <param name="isExact">Whether what the store lacks is removed, or only what the index lacks added.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False if the store failed meanwhile: the index is as it was, with some of the store's entries added.</returns>
    internal async Task<bool> TryReconcileAsync(bool isExact, CancellationToken cancellation)
    {
        try
        {
            await ReconcileAsync(isExact, cancellation).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // A store that fails meanwhile leaves the index as it is.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            _durable.Failed(exception, "enumerate");
            return false;
        }
    }

    /// <summary>
    /// Gives an emptied store what the table in process holds and may still serve. Epochs and removals are given back by the store itself, before this; and where a removal
    /// comes only after an entry of before it, the removal is the younger.
    /// </summary>
    internal async Task RefillAsync(CancellationToken cancellation)
    {
        int count = 0;
        foreach (CacheEntry[] page in _exact.Snapshot().Chunk(RefillPageLength))
        {
            // Other processes hold much of the same: what one of them has given back is not given again.
            foreach (CacheEntry entry in page)
            {
                CacheEntry? there = await FindAnsweredAsync(entry.Key, cancellation).ConfigureAwait(false);
                if (!entry.IsServable(_epochs) || _exact.Find(entry.Key) != entry)
                    continue;

                // Whoever came first may have given back an older answer, or a younger one: in the end all hold the youngest.
                if (there is not null)
                    Agree(entry, there);
                if (there is not null && MomentOf(there) >= MomentOf(entry))
                    continue;
                _writes.Reoffer(_semantic?.EmbeddingOf(entry.Key) is { } embedding ? entry.With(embedding) : entry);
                count++;
            }

            await Task.Delay(RefillPause, _clock.Time, cancellation).ConfigureAwait(false);
        }

        Log.Refilled(_logger, _options.Name, _durable.Store.Name, count);
    }

    /// <summary>Of two answers to a key the table keeps the younger; of two of one moment the store's, for that is what all others see.</summary>
    private void Agree(CacheEntry known, CacheEntry stored)
    {
        if (MomentOf(known) < MomentOf(stored) || (MomentOf(known) == MomentOf(stored) && !known.Payload.AsSpan().SequenceEqual(stored.Payload)))
            _exact.Replace(known, stored.With(null));
    }

    /// <summary>When an entry was made, as exactly as a shared store can compare it: in microseconds.</summary>
    private static long MomentOf(CacheEntry entry) => entry.CreatedTicks / TimeSpan.TicksPerMicrosecond;

    /// <summary>What the store holds at a key, as soon as it answers; null also where it holds nothing that may be served.</summary>
    private async ValueTask<CacheEntry?> FindAnsweredAsync(CacheKey key, CancellationToken cancellation)
    {
        while (true)
        {
            DurableAnswer answer = await _durable.FindAsync(key, asked: null, cancellation).ConfigureAwait(false);
            if (answer.IsAbsent || answer.Entry is not null || !_durable.IsFailing)
                return answer.Entry;
            await Task.Delay(RetryPause, _clock.Time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task ReconcileAsync(bool isExact, CancellationToken cancellation)
    {
        var present = new HashSet<CacheKey>();
        int added = 0;
        await foreach (StoredEntry stored in _durable.Store.EnumerateAsync(cancellation).ConfigureAwait(false))
        {
            if (_durable.Check(stored, stored.Key) is not { } entry || !entry.IsServable(_epochs))
                continue;
            present.Add(entry.Key);
            if (_semantic is not null && _semantic.AddStored(entry))
                added++;
        }

        int removed = 0;
        foreach (CacheKey key in isExact && _semantic is not null ? _semantic.Keys() : [])
        {
            // The table was emptied when this was asked for: what it holds has come since, and is served whatever the store says.
            if (present.Contains(key) || _writes.TryFind(key, out _) || _exact.Find(key) is not null)
                continue;

            // It may have been stored after the enumeration had passed its place.
            if ((await _durable.FindAsync(key, asked: null, cancellation).ConfigureAwait(false)).IsAbsent)
            {
                _semantic!.Remove(key);
                removed++;
            }
        }

        if (_semantic is not null)
            Log.Reconciled(_logger, _options.Name, _durable.Store.Name, added, removed);
    }

    private async Task<bool> TryAttachAsync(CancellationToken cancellation)
    {
        try
        {
            ulong seed = await _durable.Store.GetSeedAsync(cancellation).AsTask().WaitAsync(OpenTimeout, _clock.Time, cancellation).ConfigureAwait(false);
            IReadOnlyList<StoredEpoch> epochs = await _durable.Store.GetEpochsAsync(cancellation).AsTask().WaitAsync(OpenTimeout, _clock.Time, cancellation).ConfigureAwait(false);
            bool isOther = _durable.SeedFor(seed) != _durable.Seed;
            if (isOther)
                _epochs.Clear();
            foreach (StoredEpoch epoch in epochs)
                _epochs.Raise(epoch.Subject, epoch.Number);
            if (isOther)
            {
                // Everything in process was filed under another seed, and its epochs were another store's.
                List<EpochTarget> targets = _writes.Clear();
                _durable.Attach(seed);
                _semantic?.Bind(_durable.Seed);
                _exact.Clear();
                foreach (EpochTarget target in targets)
                {
                    _epochs.Advance(target.SubjectUnder(_durable.Seed));
                    _writes.Enqueue(PendingWrite.Advance(target, _durable.Seed));
                }
            }
            else
            {
                _durable.Attach(seed);
            }

            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a store throws, the cache works without it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _durable.Failed(exception, "open");
            return false;
        }
    }

    /// <summary>What is stored here before the changes of others are told could outlive its removal there. A store that is slow to tell them is waited for no longer.</summary>
    private async Task WaitAsync(Task isFollowing, CancellationToken cancellation)
    {
        try
        {
            await isFollowing.WaitAsync(OpenTimeout, _clock.Time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            _durable.Failed(exception, "watch");
        }
    }

    private async Task FollowAsync(bool isAttached, TaskCompletionSource isFollowing)
    {
        CancellationToken stopping = _stopping.Token;
        while (!isAttached)
        {
            await Task.Delay(RetryPause, _clock.Time, stopping).ConfigureAwait(false);
            isAttached = await TryAttachAsync(stopping).ConfigureAwait(false);
        }

        if (_durable.Store is IChangeFeed feed)
            await new StoreFollower(this, feed, _clock, isFollowing).RunAsync(stopping).ConfigureAwait(false);
        else
            await TryReconcileAsync(isExact: true, stopping).ConfigureAwait(false);
    }
}
