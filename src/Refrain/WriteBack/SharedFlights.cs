using System.Collections.Concurrent;

namespace Refrain;

/// <summary>
/// One call for a key among all processes that share a store: who holds the key's lease makes the answer, the others look for it in the store. A store that fails
/// makes each process call for itself.
/// </summary>
internal sealed class SharedFlights : IAsyncDisposable
{
    /// <summary>How often a lease is extended while it lasts once.</summary>
    private const int ExtensionsALease = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly IFlightLeases? _leases;
    private readonly DurableTier _durable;
    private readonly WriteQueue _writes;
    private readonly ExactTable _exact;
    private readonly CacheCounters _counters;
    private readonly SemanticCacheOptions _options;
    private readonly MonotonicClock _clock;
    private readonly TimeSpan _duration;
    private readonly ConcurrentDictionary<CacheKey, Lease> _held = new();
    private readonly CancellationTokenSource _stopping = new();

    internal SharedFlights(DurableTier durable, WriteQueue writes, ExactTable exact, CacheCounters counters, SemanticCacheOptions options, MonotonicClock clock)
    {
        _exact = exact;
        _counters = counters;
        _leases = options.FlightLease is null ? null : durable.Store as IFlightLeases;
        _durable = durable;
        _writes = writes;
        _options = options;
        _clock = clock;
        _duration = options.FlightLease ?? default;
    }

    /// <summary>Number of the lease under which this process makes the answer to a key; 0 for none.</summary>
    internal long FenceOf(CacheKey key) => _leases is not null && _held.TryGetValue(key, out Lease? lease) ? lease.Fence : 0;

    /// <summary>Waits until this process may make the answer, or another has made it.</summary>
    /// <param name="key">Key of the query.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    internal async ValueTask<CacheFlight> BeginAsync(CacheKey key, CacheQuery query, CancellationToken cancellation)
    {
        if (_leases is null)
            return CacheFlight.Alone;
        LookupStart start = _clock.Start();
        TimeSpan pause = FirstPause;
        while (_durable.IsAttached && !_durable.IsFailing)
        {
            if (await TryTakeAsync(key, cancellation).ConfigureAwait(false) is not { } fence)
                break;

            // Asked after the lease: whoever held it before has stored his answer before he let it go.
            long stamp = _exact.StampOf(key);
            DurableAnswer answer = await _durable.FindAsync(key, query.Scope, cancellation).ConfigureAwait(false);
            if (answer.Entry is { } landed && landed.Answers(query.Scope, query.Text))
            {
                if (fence != 0)
                    await TryEndAsync(key, fence).ConfigureAwait(false);
                _exact.Promote(landed, stamp);
                _counters.SharedAnswers.Increment();
                return new CacheFlight(_counters.Hit(landed, HitKind.Durable, 1, start, _clock.Time));
            }

            if (fence != 0)
                return Hold(key, fence);
            await Task.Delay(pause, _clock.Time, cancellation).ConfigureAwait(false);
            pause = pause + pause < LongestPause ? pause + pause : LongestPause;
        }

        return CacheFlight.Alone;
    }

    /// <summary>Gives back what is held.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (Lease lease in _held.Values)
            await EndAsync(lease).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private CacheFlight Hold(CacheKey key, long fence)
    {
        var lease = new Lease(key, fence);
        _held[key] = lease;
        lease.Extending = ExtendAsync(lease);
        return new CacheFlight(end: () => EndWhenWrittenAsync(lease));
    }

    /// <returns>The lease's number, 0 if another holds it, null if the store fails.</returns>
    private async ValueTask<long?> TryTakeAsync(CacheKey key, CancellationToken cancellation)
    {
        try
        {
            return await _leases!.TryTakeLeaseAsync(key, _duration, cancellation).AsTask()
                .WaitAsync(_options.DurableTimeout, _clock.Time, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a store throws, the answer is made without it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _durable.Failed(exception, "lease");
            return null;
        }
    }

    /// <summary>Keeps a lease while its answer is being made, however long that takes: so it can be short, and a dead holder costs little.</summary>
    private async Task ExtendAsync(Lease lease)
    {
        CancellationToken ended = lease.Ended.Token;
        while (true)
        {
            await Task.Delay(_duration / ExtensionsALease, _clock.Time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
                return;
            try
            {
                // Lost to another process: the answer is made all the same, and the store refuses it where the other's is newer.
                if (!await _leases!.ExtendLeaseAsync(lease.Key, lease.Fence, _duration, ended).ConfigureAwait(false))
                    return;
            }
#pragma warning disable CA1031 // The next try may do better; until then the lease goes on by itself.
            catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
            {
                _durable.Failed(exception, "lease");
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task EndWhenWrittenAsync(Lease lease)
    {
        await _writes.WhenWrittenAsync(lease.Key).WaitAsync(_options.DrainTimeout, _clock.Time, _stopping.Token)
            .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        await EndAsync(lease).ConfigureAwait(false);
    }

    private async Task EndAsync(Lease lease)
    {
        if (!_held.TryRemove(KeyValuePair.Create(lease.Key, lease)))
            return;
        await lease.Ended.CancelAsync().ConfigureAwait(false);
        await lease.Extending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await TryEndAsync(lease.Key, lease.Fence).ConfigureAwait(false);
        lease.Ended.Dispose();
    }

    private async Task TryEndAsync(CacheKey key, long fence)
    {
        try
        {
            await _leases!.EndLeaseAsync(key, fence).AsTask().WaitAsync(_options.DurableTimeout, _clock.Time).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It ends by itself.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _durable.Failed(exception, "lease");
        }
    }

    private sealed class Lease(CacheKey key, long fence)
    {
        internal CacheKey Key { get; } = key;

        internal long Fence { get; } = fence;

        internal CancellationTokenSource Ended { get; } = new();

        internal Task Extending { get; set; } = Task.CompletedTask;
    }
}
