using System.Diagnostics;
using System.IO.Hashing;
using Microsoft.Extensions.Logging;
using Refrain.Vectors;

namespace Refrain;

/// <summary>The durable store as a tier: each read has a deadline, a failing store is kept away from, and no entry is believed before it was checked.</summary>
internal sealed class DurableTier
{
    private const int FailuresMax = 3;

    private readonly IDurableStore _store;
    private readonly SemanticCacheOptions _options;
    private readonly MonotonicClock _clock;
    private readonly EpochTable _epochs;
    private readonly CacheCounters _counters;
    private readonly CacheMeter _meter;
    private readonly ILogger _logger;
    private readonly ValueSeal _seal;
    private readonly Breaker _breaker;
    private IPendingWrites? _pending;
    private int _rejectionLogged;
    private volatile AsciiDigest _digest;
    private volatile bool _isAttached;

    internal DurableTier(IDurableStore store, SemanticCacheOptions options, MonotonicClock clock, EpochTable epochs, CacheCounters counters, CacheMeter meter, ILogger logger, ITenantKeys? keys = null)
    {
        _seal = new ValueSeal(keys, options.CompressAboveBytes);
        _store = store;
        _options = options;
        _clock = clock;
        _epochs = epochs;
        _counters = counters;
        _meter = meter;
        _logger = logger;
        _breaker = new Breaker(clock.Time, FailuresMax, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1));
        _digest = new AsciiDigest(unchecked((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue)));
    }

    /// <summary>The secret seed of all keys: the store's, or a provisional one while the store has not told its own.</summary>
    internal ulong Seed => _digest.Seed;

    /// <summary>Hashes under that seed.</summary>
    internal AsciiDigest Digest => _digest;

    /// <summary>Whether the store has told its seed; until then nothing is read from it or written to it.</summary>
    internal bool IsAttached => _isAttached;

    internal bool IsFailing => _breaker.IsOpen;

    internal IDurableStore Store => _store;

    internal void ReadThrough(IPendingWrites pending) => _pending = pending;

    /// <summary>Takes the store's seed, or what a namespace makes of it: then nothing of another namespace can be found or believed.</summary>
    internal void Attach(ulong seed)
    {
        _digest = new AsciiDigest(SeedFor(seed));
        _isAttached = true;
    }

    internal ulong SeedFor(ulong storeSeed) =>
        _options.Namespace.Length == 0 ? storeSeed : XxHash3.HashToUInt64(CanonicalForm.ToUtf8(_options.Namespace, nameof(SemanticCacheOptions.Namespace)), (long)storeSeed);

    internal void Detach() => _isAttached = false;

    /// <summary>The entry at a key. The caller still compares its canonical bytes with the query's.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="asked">The scope in which it is asked for, or null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The caller's own token was cancelled.</exception>
    internal ValueTask<DurableAnswer> FindAsync(CacheKey key, CacheScope? asked, CancellationToken cancellation)
    {
        if (_pending is not null && _pending.TryFind(key, out CacheEntry? pending))
            return new(new DurableAnswer(Servable(pending), pending is null));
        if (!_isAttached || !_breaker.TryEnter())
            return default;
        long started = _meter.MeasuresDurable ? _clock.Time.GetTimestamp() : 0;
        if (CacheTrace.IsOn)
            return AwaitAsync(null, key, asked, started, cancellation);
        ValueTask<StoredEntry?> reading;
        try
        {
            reading = _store.GetAsync(key, cancellation);
        }
#pragma warning disable CA1031 // Whatever a store throws, the lookup goes on without it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            reading = ValueTask.FromException<StoredEntry?>(exception);
        }

        // A store in this very process has answered already.
        return reading.IsCompletedSuccessfully ? new(Take(reading.GetAwaiter().GetResult(), key, asked, started)) : AwaitAsync(reading, key, asked, started, cancellation);
    }

    /// <summary>Waits for a read, or begins one where it is to be an activity.</summary>
    private async ValueTask<DurableAnswer> AwaitAsync(ValueTask<StoredEntry?>? begun, CacheKey key, CacheScope? asked, long started, CancellationToken cancellation)
    {
        StoredEntry? stored;
        using Activity? activity = CacheTrace.Durable(_options.Name, "get", _store.Name);
        try
        {
            ValueTask<StoredEntry?> reading = begun ?? _store.GetAsync(key, cancellation);
            stored = await reading.AsTask().WaitAsync(_options.DurableTimeout, _clock.Time, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a store throws, the lookup goes on without it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            CacheTrace.Fail(activity, exception);
            Failed(exception, "get");
            return default;
        }

        return Take(stored, key, asked, started);
    }

    private DurableAnswer Take(StoredEntry? stored, CacheKey key, CacheScope? asked, long started)
    {
        Succeeded();
        if (started != 0)
            _meter.Durable(_clock.Time.GetElapsedTime(started));
        if (stored is not { } found)
            return new DurableAnswer(null, IsAbsent: true);
        CacheEntry? entry = Check(found, key, asked);
        if (entry is null)
            Rejected();
        return new DurableAnswer(Servable(entry), IsAbsent: entry is null);
    }

    /// <summary>An entry as the store gets it. Null if its tenant has no key, and so nothing of it may be stored.</summary>
    internal byte[]? Encode(CacheEntry entry) => _seal.Seal(EntryCodec.Encode(entry, Seed), entry.Key, entry.Scope.Tenant);

    /// <summary>Takes an entry that the store handed over, if its bytes are whole, its own, and of this cache's namespace.</summary>
    internal CacheEntry? Check(StoredEntry stored, CacheKey key, CacheScope? asked = null)
    {
        CacheEntry? entry = _seal.Open(stored.Value, key) is { } value ? EntryCodec.Decode(value, Seed, _clock, asked) : null;
        if (entry is not null && entry.Key == key)
        {
            foreach (StoredEpoch epoch in entry.Epochs)
                _epochs.Raise(epoch.Subject, epoch.Number);
            return entry;
        }

        return null;
    }

    /// <summary>What is wrong, a sentence each.</summary>
    internal IEnumerable<string> Troubles()
    {
        if (!_isAttached)
            yield return $"Store {_store.Name} has not answered yet; the cache works in memory.";
        if (IsFailing)
            yield return $"Store {_store.Name} fails.";
    }

    internal void Failed(Exception exception, string operation)
    {
        _counters.DurableFailures.Increment();
        if (_breaker.Failed())
            Log.DurableFailed(_logger, exception, _options.Name, _store.Name, operation);
    }

    internal void Succeeded()
    {
        if (_breaker.Succeeded())
            Log.DurableBack(_logger, _options.Name, _store.Name);
    }

    private void Rejected()
    {
        _counters.EntriesRejected.Increment();
        if (Interlocked.Exchange(ref _rejectionLogged, 1) == 0)
            Log.EntryRejected(_logger, _options.Name, _store.Name);
    }

    private CacheEntry? Servable(CacheEntry? entry) => entry is not null && entry.IsServable(_epochs) ? entry : null;
}
