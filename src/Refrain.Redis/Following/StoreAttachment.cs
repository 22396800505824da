using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>
/// Knows whether Redis may be used and which store it holds. Before it is used for the first time, and whenever it may have become another,
/// it is asked for its identity; epochs that it has lost are given back.
/// </summary>
internal sealed class StoreAttachment : IAsyncDisposable
{
    private readonly RedisLink _link;
    private readonly RedisStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ChangeLogs _logs;
    private readonly SemaphoreSlim _asking = new(1);
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<UInt128, long> _epochs = new();
    private readonly ulong _seedProposal;
    private volatile Attached? _current;
    private bool _isAway;
    private string? _fault;
    private ImmutableArray<ChangeFollower> _followers = [];
    private int _isDoubtful = 1;
    private Task _attending = Task.CompletedTask;
    private Task _diagnosing = Task.CompletedTask;

    /// <param name="link">The connection.</param>
    /// <param name="logs">Its logs of changes.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="time">Clock of the probes.</param>
    /// <param name="logger">Where comings and goings are told.</param>
    public StoreAttachment(RedisLink link, ChangeLogs logs, RedisStoreOptions options, TimeProvider time, ILogger logger)
    {
        _link = link;
        _options = options;
        _time = time;
        _logger = logger;
        _logs = logs;
        Removals = new RecentRemovals(time, options.RemovalMemory);
        _seedProposal = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    }

    /// <summary>What was removed lately.</summary>
    public RecentRemovals Removals { get; }

    /// <summary>The store; null before it was reached for the first time.</summary>
    public Attached? Current => _current;

    /// <summary>Whether every part of the store may be asked.</summary>
    public bool IsWell => _current is { IsWhole: true } && Volatile.Read(ref _isDoubtful) == 0;

    /// <summary>Begins to look after the store, and waits for it until it is there or the time is over.</summary>
    public async Task StartAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        _attending = Task.Run(AttendAsync, CancellationToken.None);
        try
        {
            await _first.Task.WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.Away(_logger, exception: null, _link.Name);
            _diagnosing = _link.DiagnoseAsync();
        }
    }

    /// <summary>The store may not be what it was: its identity is asked again soon, meanwhile it is used as before.</summary>
    public void Doubt()
    {
        Volatile.Write(ref _isDoubtful, 1);
        Wake();
    }

    /// <summary>A breaker has opened: its shard is asked until it answers.</summary>
    public void Wake()
    {
        if (_due.CurrentCount != 0) return;
        try
        {
            _due.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker: one waking is enough.
        }
        catch (ObjectDisposedException)
        {
            // The last events of a connection arrive after the store is closed.
        }
    }

    /// <summary>Tells a follower of risen epochs and of shards that can be asked again.</summary>
    public void Join(ChangeFollower follower) => ImmutableInterlocked.Update(ref _followers, static (followers, joining) => followers.Add(joining), follower);

    /// <summary>Tells it no more.</summary>
    public void Leave(ChangeFollower follower) => ImmutableInterlocked.Update(ref _followers, static (followers, leaving) => followers.Remove(leaving), follower);

    /// <summary>An own write was refused because something younger is there.</summary>
    public void Refused(CacheKey key)
    {
        foreach (ChangeFollower follower in _followers) follower.Refused(key);
    }

    /// <summary>The number known of an epoch; 0 if none.</summary>
    public long EpochOf(UInt128 subject) => _epochs.GetValueOrDefault(subject);

    /// <summary>Learns an epoch; numbers only grow.</summary>
    public void Learn(UInt128 subject, long number)
    {
        long before = _epochs.GetValueOrDefault(subject);
        long after = _epochs.AddOrUpdate(subject, static (_, n) => n, static (_, old, n) => Math.Max(old, n), number);
        if (after <= before) return;
        foreach (ChangeFollower follower in _followers) follower.Raised(new StoredEpoch(subject, after));
    }

    /// <summary>All epochs known.</summary>
    public IReadOnlyList<StoredEpoch> Epochs() => [.. _epochs.Select(epoch => new StoredEpoch(epoch.Key, epoch.Value))];

    /// <summary>Asks Redis for its identity and epochs now.</summary>
    /// <returns>False if it does not answer.</returns>
    /// <exception cref="FormatException">The identity in Redis is not one.</exception>
    public async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Cleared before the question: a doubt that comes meanwhile asks again.
            Volatile.Write(ref _isDoubtful, 0);
            await IdentifyAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            _isAway = true;
            Volatile.Write(ref _isDoubtful, 1);
            if (exception is RedisStoreUnavailableException) return false;
            throw;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _attending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _diagnosing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _due.Dispose();
        _asking.Dispose();
    }

    private async Task AttendAsync()
    {
        CancellationToken stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            bool isWell = await TryMendAsync(stop).ConfigureAwait(false);
            TimeSpan pause = isWell ? _options.ChangePollInterval : _options.ProbeInterval;
            if (isWell) await _due.WaitAsync(pause, stop).ConfigureAwait(false);
            else await Task.Delay(pause, _time, stop).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryMendAsync(CancellationToken stop)
    {
        try
        {
            return await _link.EnsureConnectedAsync().ConfigureAwait(false) && await MendAsync(stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it is, the next round may do better; without a next round Redis would never be used again.
            if (exception is FormatException) _first.TrySetException(exception);
            if (_fault != exception.Message) Log.Unusable(_logger, exception, _link.Name);
            _fault = exception.Message;
            return false;
        }
    }

    private async Task<bool> MendAsync(CancellationToken stop)
    {
        Attached? current = _current;
        bool isAsked = current is null || Volatile.Read(ref _isDoubtful) != 0 || current.Breaker(current.MetaShard).IsOpen;
        if (isAsked && !await AskAsync(stop).ConfigureAwait(false)) return false;

        bool isWhole = true;
        current = _current!;
        for (int shard = 0; shard <= current.MetaShard; shard++)
        {
            if (current.Breaker(shard).IsOpen && !await ProbeAsync(current, shard, stop).ConfigureAwait(false)) isWhole = false;
        }

        return isWhole;
    }

    private async Task<bool> ProbeAsync(Attached current, int shard, CancellationToken stop)
    {
        try
        {
            await _link.CallAsync(
                Breaker(), _options.ProbeInterval, current.Keys.Log(shard),
                static (database, log) => database.KeyExistsAsync(log), stop).ConfigureAwait(false);
            current.Breaker(shard).Close();
            Returned(shard);
            return true;
        }
        catch (RedisStoreUnavailableException)
        {
            return false;
        }
    }

    private void Returned(int shard)
    {
        foreach (ChangeFollower follower in _followers) follower.Signal(shard);
    }

    private async Task IdentifyAsync(CancellationToken cancellationToken)
    {
        Attached? before = _current;
        StoreIdentity identity = await ReadIdentityAsync(before, cancellationToken).ConfigureAwait(false);
        bool isSame = before is not null && before.Identity == identity;
        bool isReseeded = before is not null && before.Identity.Seed != identity.Seed;
        if (isReseeded) _epochs.Clear();

        RedisKeys keys = isSame ? before!.Keys : new RedisKeys(_options.KeyPrefix, identity.ShardCount);
        await ExchangeEpochsAsync(keys, cancellationToken).ConfigureAwait(false);
        if (before is not null && !isSame && !isReseeded) await RestoreRemovalsAsync(keys, EntryEnvelope.SeedMark(identity.Seed), cancellationToken).ConfigureAwait(false);
        if (isSame)
        {
            before!.Breaker(before.MetaShard).Close();
        }
        else
        {
            bool isCluster = _link.Session!.Multiplexer.GetServers().Any(server => server.ServerType == ServerType.Cluster);
            _current = new Attached(identity, keys, isCluster, _options.BreakerFailureCount, seedIsTaken: before is null || (!isReseeded && before.SeedIsTaken));
            if (isReseeded) Log.Reseeded(_logger, _link.Name);
            else if (before is not null) Log.Emptied(_logger, _link.Name);
            await CheckEvictionPolicyAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!isSame || _isAway) Log.Attached(_logger, _link.Name, identity.ShardCount, _epochs.Count);
        _isAway = false;
        _first.TrySetResult();
        for (int shard = 0; shard <= identity.ShardCount; shard++) Returned(shard);
    }

    private async Task<StoreIdentity> ReadIdentityAsync(Attached? before, CancellationToken cancellationToken)
    {
        RedisKey key = RedisKeys.IdentityOf(_options.KeyPrefix);
        ulong incarnation = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        RedisValue[] proposal =
        [
            (before?.Identity.Seed ?? _seedProposal).ToString("x16", CultureInfo.InvariantCulture),
            before?.Identity.ShardCount ?? _options.ShardCount,
            incarnation.ToString("x16", CultureInfo.InvariantCulture),
        ];
        RedisResult reply = await CallAsync(
            (key, proposal),
            static (database, ask) => database.ScriptEvaluateAsync(Scripts.Identify, [ask.key], ask.proposal, CommandFlags.DemandMaster),
            cancellationToken).ConfigureAwait(false);
        return StoreIdentity.Parse(reply, key);
    }

    private async Task ExchangeEpochsAsync(RedisKeys keys, CancellationToken cancellationToken)
    {
        HashEntry[] stored = await ReadEpochsAsync(keys.Epochs, cancellationToken).ConfigureAwait(false);
        var there = new Dictionary<UInt128, long>(stored.Length);
        foreach (HashEntry field in stored)
        {
            if (!TryReadEpoch(field, out StoredEpoch epoch)) continue;
            there[epoch.Subject] = epoch.Number;
            Learn(epoch.Subject, epoch.Number);
        }

        List<StoredEpoch> lost = [];
        foreach ((UInt128 subject, long number) in _epochs)
        {
            if (there.GetValueOrDefault(subject) < number) lost.Add(new StoredEpoch(subject, number));
        }

        foreach (StoredEpoch[] some in lost.Chunk(256)) await RestoreAsync(keys, some, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HashEntry[]> ReadEpochsAsync(RedisKey epochs, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(
                epochs, static (database, key) => database.HashGetAllAsync(key, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        }
        catch (RedisStoreUnavailableException exception) when (exception.IsOfWrongType)
        {
            // Whoever wrote there has destroyed the epochs: those known here are given back, as to a Redis that was emptied.
            await CallAsync(epochs, static (database, key) => database.KeyDeleteAsync(key, CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
            _link.Replaced(epochs);
            return [];
        }
    }

    private async Task RestoreAsync(RedisKeys keys, StoredEpoch[] epochs, CancellationToken cancellationToken)
    {
        var arguments = new RedisValue[4 + 2 * epochs.Length];
        arguments[0] = _logs.Origin;
        arguments[1] = _options.ChangeLogLength;
        arguments[2] = keys.Changes.ToString();
        arguments[3] = keys.ShardCount;
        for (int i = 0; i < epochs.Length; i++)
        {
            arguments[4 + 2 * i] = Subject(epochs[i].Subject);
            arguments[5 + 2 * i] = epochs[i].Number;
        }

        await _logs.EditAsync(Breaker(), Scripts.Restore, [keys.Epochs, keys.Log(keys.ShardCount)], arguments, cancellationToken).ConfigureAwait(false);
    }

    private async Task RestoreRemovalsAsync(RedisKeys keys, uint seedMark, CancellationToken cancellationToken)
    {
        foreach ((CacheKey Key, DateTimeOffset At)[] some in Removals.All().Chunk(128))
            await Task.WhenAll(some.Select(removal => RestoreRemovalAsync(keys, seedMark, removal.Key, removal.At, cancellationToken))).ConfigureAwait(false);
    }

    private async Task RestoreRemovalAsync(RedisKeys keys, uint seedMark, CacheKey key, DateTimeOffset at, CancellationToken cancellationToken)
    {
        int shard = keys.ShardOf(key);
        RedisKey[] names = [keys.Entry(key), keys.Log(shard)];
        RedisValue[] arguments =
        [
            EntryEnvelope.EncodeTombstone(key, at, at + _options.RemovalMemory, seedMark), EntryEnvelope.Microseconds(at), (long)_options.RemovalMemory.TotalMilliseconds,
            ChangeItem.Encode(ChangeItem.Removed, _logs.Origin, key), _options.ChangeLogLength, keys.Changes.ToString(), shard,
        ];

        // As an entry is stored: what has been made since the removal stays.
        await _logs.EditAsync(Breaker(), Scripts.Store, names, arguments, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckEvictionPolicyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var primaries = new Primaries(_link, _options, _time);
            foreach (IServer server in await primaries.FindAsync(cancellationToken).ConfigureAwait(false))
            {
                string? policy = await primaries.MemoryFieldAsync(server, "maxmemory_policy", cancellationToken).ConfigureAwait(false);
                if (policy?.StartsWith("allkeys", StringComparison.Ordinal) == true) Log.EvictionPolicy(_logger, policy);
            }
        }
        catch (RedisStoreUnavailableException)
        {
            // The user may not ask: then the operator's guide has to do.
        }
    }

    /// <summary>The bytes of a subject.</summary>
    internal static byte[] Subject(UInt128 subject)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, subject);
        return bytes;
    }

    private static bool TryReadEpoch(HashEntry field, out StoredEpoch epoch)
    {
        epoch = default;
        if ((byte[]?)field.Name is not { Length: 16 } subject || !field.Value.TryParse(out long number) || number <= 0) return false;
        epoch = new StoredEpoch(BinaryPrimitives.ReadUInt128LittleEndian(subject), number);
        return true;
    }

    // The caller's breaker is not ours: these calls are the ones that find out whether Redis is back.
    private static CircuitBreaker Breaker() => new(int.MaxValue);

    private ValueTask<T> CallAsync<TState, T>(TState state, Func<IDatabase, TState, Task<T>> start, CancellationToken cancellationToken) =>
        _link.CallAsync(Breaker(), _options.WriteTimeout, state, start, cancellationToken);
}
