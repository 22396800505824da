using Microsoft.Extensions.Logging;

namespace Refrain;

/// <summary>
/// Writes on their way to the durable store: bounded in bytes, the newest of a key only, retried while the store is away. No lookup waits for it.
/// Issued is always stored and dropped and pending.
/// </summary>
internal sealed class WriteQueue : IPendingWrites, IAsyncDisposable
{
    private const int BatchCountMax = 256;
    private const int BatchBytesMax = 4 * 1024 * 1024;

    /// <summary>How long a failing store is left alone before the next try.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly DurableTier _durable;
    private readonly SemanticCacheOptions _options;
    private readonly MonotonicClock _clock;
    private readonly EpochTable _epochs;
    private readonly ILogger _logger;
    private readonly Lock _changing = new();
    private readonly WriteList _waiting = new();
    private readonly Dictionary<CacheKey, PendingWrite> _newest = [];
    private readonly List<(long Sequence, TaskCompletionSource Reached)> _flushes = [];
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _working;
    private List<PendingWrite> _inFlight = [];
    private long _issued;
    private long _stored;
    private long _dropped;
    private long _pendingCount;
    private long _pendingBytes;
    private bool _dropLogged;
    private bool _isIdle = true;
    private bool _isClosed;

    internal WriteQueue(DurableTier durable, SemanticCacheOptions options, MonotonicClock clock, EpochTable epochs, ILogger logger)
    {
        _durable = durable;
        _options = options;
        _clock = clock;
        _epochs = epochs;
        _logger = logger;
        durable.ReadThrough(this);
        _working = Task.Run(WorkAsync);
    }

    internal WriteCounts Counts
    {
        get
        {
            lock (_changing)
                return new WriteCounts(_issued, _stored, _dropped, _pendingCount, _pendingBytes);
        }
    }

    public bool TryFind(CacheKey key, out CacheEntry? entry)
    {
        lock (_changing)
        {
            bool found = _newest.TryGetValue(key, out PendingWrite? write);
            entry = write?.Entry;
            return found;
        }
    }

    /// <summary>Completes when nothing about a key waits any more that waits now.</summary>
    internal Task WhenWrittenAsync(CacheKey key)
    {
        lock (_changing)
            return _newest.TryGetValue(key, out PendingWrite? write) ? write.WhenDone() : Task.CompletedTask;
    }

    /// <summary>Takes a write on. Never waits; may drop the oldest.</summary>
    internal void Enqueue(PendingWrite write)
    {
        lock (_changing)
        {
            write.Sequence = ++_issued;
            _pendingCount++;
            _pendingBytes += write.Size;
            if (_isClosed)
            {
                Drop(write);
                return;
            }

            if (write.Subject is null)
            {
                if (_newest.TryGetValue(write.Key, out PendingWrite? older))
                {
                    if (older.Entry is not null && write.Entry is not null && older.Entry.Version > write.Entry.Version)
                    {
                        Drop(write);
                        return;
                    }

                    if (older.IsListed)
                        Drop(older);
                }

                _newest[write.Key] = write;
            }

            _waiting.Append(write);
            if (_pendingBytes > _options.WriteBackBytesMax)
                DropOldest();
            if (_isIdle)
                _signal.Release();
            _isIdle = false;
        }
    }

    /// <summary>Takes on a write of an entry that was stored long ago, unless something newer about its key waits.</summary>
    internal void Reoffer(CacheEntry entry)
    {
        lock (_changing)
        {
            if (!_newest.ContainsKey(entry.Key))
                Enqueue(PendingWrite.Store(entry));
        }
    }

    /// <summary>Waits until the store has acknowledged a write, but no longer than a read may take: in this process the change holds already, and the write goes on.</summary>
    /// <returns>Whether the store acknowledged it and had something to change.</returns>
    internal async Task<bool> ConfirmAsync(PendingWrite write, CancellationToken cancellation)
    {
        if (!_durable.IsAttached)
            return false;
        Task<bool> done;
        lock (_changing)
            done = write.WhenDone();
        try
        {
            return await done.WaitAsync(_options.DurableTimeout, _clock.Time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Completes when everything that was enqueued before is stored or dropped.</summary>
    internal Task FlushAsync()
    {
        lock (_changing)
        {
            if (OldestPending() > _issued)
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add((_issued, reached));
            return reached.Task;
        }
    }

    /// <summary>Drops whatever waits: it was made under another seed.</summary>
    /// <returns>What was to be invalidated, which is to be asked for again under the new seed.</returns>
    internal List<EpochTarget> Clear()
    {
        lock (_changing)
        {
            List<EpochTarget> targets = [.. _waiting.All().Concat(_inFlight).Select(static write => write.Target).OfType<EpochTarget>()];
            while (_waiting.Oldest is { } write)
                Drop(write);
            _newest.Clear();
            ReleaseFlushes();
            return targets;
        }
    }

    /// <summary>Writes what waits, within the drain timeout, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_durable.IsAttached)
                await FlushAsync().WaitAsync(_options.DrainTimeout, _clock.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // What is still pending is dropped below, and so counted.
        }

        lock (_changing)
            _isClosed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Clear();
        _signal.Dispose();
        _stopping.Dispose();
    }

    private async Task WorkAsync()
    {
        CancellationToken stopping = _stopping.Token;
        while (!stopping.IsCancellationRequested)
        {
            await _signal.WaitAsync(stopping).ConfigureAwait(false);
            while (TakeBatch())
            {
                if (!_durable.IsAttached || !await TryWriteAsync().ConfigureAwait(false))
                {
                    GiveBack();
                    await Task.Delay(RetryPause, _clock.Time, stopping).ConfigureAwait(false);
                }
            }
        }
    }

    private bool TakeBatch()
    {
        lock (_changing)
        {
            var batch = new List<PendingWrite>();
            long bytes = 0;
            while (_waiting.Oldest is { } oldest && batch.Count < BatchCountMax && (bytes == 0 || bytes + oldest.Size <= BatchBytesMax))
            {
                bytes += oldest.Size;
                batch.Add(oldest);
                _waiting.Remove(oldest);
            }

            _inFlight = batch;

            // Decided under the lock: whoever comes next wakes this thread, and nobody has to while it is awake.
            _isIdle = batch.Count == 0;
            return !_isIdle;
        }
    }

    /// <summary>Puts what could not be written back in front of the queue, unless something newer replaces it.</summary>
    private void GiveBack()
    {
        lock (_changing)
        {
            foreach (PendingWrite write in Enumerable.Reverse(_inFlight.FindAll(static write => !write.IsDone)))
            {
                if (write.Subject is null && (!_newest.TryGetValue(write.Key, out PendingWrite? newest) || newest != write))
                    Drop(write);
                else
                    _waiting.Prepend(write);
            }

            _inFlight = [];
            if (_pendingBytes > _options.WriteBackBytesMax)
                DropOldest();
            ReleaseFlushes();
        }
    }

    private async Task<bool> TryWriteAsync()
    {
        try
        {
            // Epochs first: an entry that was made after an invalidation must not be outdated by it.
            foreach (PendingWrite write in _inFlight.Where(static write => write.Subject is not null))
            {
                UInt128 subject = write.Subject!.Value;
                long number = await WithinAsync(_durable.Store.AdvanceEpochAsync(subject, _stopping.Token)).ConfigureAwait(false);
                _epochs.Raise(subject, number);
                Acknowledge([write], wasThere: true);
            }

            List<PendingWrite> entries = _inFlight.FindAll(static write => write.Entry is not null);
            List<StoredEntry> stored = Encode(entries);
            if (stored.Count > 0)
            {
                await WithinAsync(Completed(_durable.Store.SetAsync(stored, _stopping.Token))).ConfigureAwait(false);
                Acknowledge(entries, wasThere: true);
            }

            foreach (PendingWrite write in _inFlight.Where(static write => write.Entry is null && write.Subject is null))
            {
                int count = await WithinAsync(_durable.Store.RemoveAsync([write.Key], _stopping.Token)).ConfigureAwait(false);
                Acknowledge([write], wasThere: count > 0);
            }

            _durable.Succeeded();
            return true;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return false;
        }
#pragma warning disable CA1031 // Whatever a store throws, the writes wait for its return.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _durable.Failed(exception, "write");
            return false;
        }
    }

    /// <summary>What the store gets. An entry that it must not get is dropped, here and from the list.</summary>
    private List<StoredEntry> Encode(List<PendingWrite> entries)
    {
        var stored = new List<StoredEntry>(entries.Count);
        entries.RemoveAll(write =>
        {
            if (_durable.Encode(write.Entry!) is { } value)
            {
                stored.Add(new StoredEntry(write.Key, value, write.Entry!.ExpiresAt, write.Entry.CreatedAt, write.Fence));
                return false;
            }

            lock (_changing)
            {
                Drop(write);
                _inFlight = _inFlight.FindAll(other => other != write);
                ReleaseFlushes();
            }

            return true;
        });
        return stored;
    }

    private static async ValueTask<bool> Completed(ValueTask call)
    {
        await call.ConfigureAwait(false);
        return true;
    }

    /// <summary>A batch may take longer than a read; the drain timeout bounds it.</summary>
    private async ValueTask<T> WithinAsync<T>(ValueTask<T> call) =>
        call.IsCompletedSuccessfully ? await call.ConfigureAwait(false) : await call.AsTask().WaitAsync(_options.DrainTimeout, _clock.Time, _stopping.Token).ConfigureAwait(false);

    private void Acknowledge(IReadOnlyList<PendingWrite> writes, bool wasThere)
    {
        lock (_changing)
        {
            foreach (PendingWrite write in writes)
            {
                _stored++;
                Forget(write);
                write.Finish(wasThere);
            }

            _inFlight = _inFlight.FindAll(static write => !write.IsDone);
            ReleaseFlushes();
        }
    }

    /// <summary>Entries go first; only a queue that is full of removals drops removals. Epochs stay.</summary>
    private void DropOldest()
    {
        for (int pass = 0; pass < 2; pass++)
        {
            for (PendingWrite? write = _waiting.Oldest; write is not null && _pendingBytes > _options.WriteBackBytesMax;)
            {
                PendingWrite? next = write.Younger;
                if (pass == 0 ? write.Entry is not null : write.Subject is null)
                {
                    Drop(write);
                    if (!_dropLogged)
                        Log.WritesDropped(_logger, _options.Name, _durable.Store.Name, _options.WriteBackBytesMax);
                    _dropLogged = true;
                }

                write = next;
            }
        }

        ReleaseFlushes();
    }

    private void Drop(PendingWrite write)
    {
        _waiting.Remove(write);
        _dropped++;
        Forget(write);
        write.Finish(wasThere: false);
    }

    private void Forget(PendingWrite write)
    {
        _pendingCount--;
        _pendingBytes -= write.Size;
        if (write.Subject is null && _newest.TryGetValue(write.Key, out PendingWrite? newest) && newest == write)
            _newest.Remove(write.Key);
    }

    private long OldestPending()
    {
        long oldest = long.MaxValue;
        if (_inFlight.Count > 0)
            oldest = _inFlight.Min(static write => write.Sequence);
        return _waiting.Oldest is { } first ? Math.Min(oldest, first.Sequence) : oldest;
    }

    private void ReleaseFlushes()
    {
        if (_flushes.Count == 0)
            return;
        long oldest = OldestPending();
        _flushes.RemoveAll(flush => flush.Sequence < oldest && flush.Reached.TrySetResult());
    }
}
