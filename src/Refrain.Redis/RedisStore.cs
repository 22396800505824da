using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>
/// Entries in Redis or Valkey, shared by any number of processes: standalone, behind Sentinel, or a cluster. It starts and stays usable without Redis:
/// calls then fail within their budget, and at once after a few, until Redis is back.
/// </summary>
public sealed class RedisStore : IDurableStore, IChangeFeed, IFlightLeases
{
    // So many commands are on their way at once: enough to fill the pipe, few enough to bound what a hanging Redis holds.
    private const int CommandsAtOnce = 128;

    private readonly RedisStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly RedisMetrics _metrics;
    private readonly RedisLink _link;
    private readonly StoreAttachment _attachment;
    private readonly ILogger _logger;
    private readonly ChangeLogs _logs;

    private RedisStore(RedisStoreOptions options, TimeProvider time, ILoggerFactory loggers, IMeterFactory? meters)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<RedisStore>();
        _metrics = new RedisMetrics(meters, () => IsReachable);
        _link = new RedisLink(options, time, _logger, _metrics, () => _attachment?.Doubt());
        _logs = new ChangeLogs(_link, options, RandomNumberGenerator.GetBytes(ChangeItem.OriginSize));
        _attachment = new StoreAttachment(_link, _logs, options, time, _logger);
    }

    /// <summary>Opens the store. Returns within <see cref="RedisStoreOptions.ConnectTimeout"/>, with Redis or without; without, it goes on trying.</summary>
    /// <param name="options">Where Redis is.</param>
    /// <param name="timeProvider">Null: the system's.</param>
    /// <param name="loggerFactory">Null: nothing is logged.</param>
    /// <param name="meterFactory">Null: metrics reach listeners in process only.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="FormatException">The connection cannot be read, or the key prefix is in use for something else.</exception>
    public static async ValueTask<RedisStore> ConnectAsync(
        RedisStoreOptions options,
        TimeProvider? timeProvider = null,
        ILoggerFactory? loggerFactory = null,
        IMeterFactory? meterFactory = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RedisStoreOptions.Validate(options);
        var store = new RedisStore(options, timeProvider ?? TimeProvider.System, loggerFactory ?? NullLoggerFactory.Instance, meterFactory);
        try
        {
            await store._attachment.StartAsync(options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => "redis";

    /// <summary>Whether all of Redis may be asked now.</summary>
    public bool IsReachable => _attachment.IsWell;

    /// <summary>Where Redis is, without secrets.</summary>
    public string Connection => _link.Name;

    /// <summary>Replies dropped because they were not what stands at the key asked for.</summary>
    public long ForeignReplyCount => _metrics.ForeignCount;

    /// <summary>Entries that a full Redis refused.</summary>
    public long RefusedWriteCount => _metrics.RefusedWriteCount;

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Redis was not reached yet.</exception>
    public ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default) =>
        _attachment.Current is { } attached
            ? ValueTask.FromResult(attached.TakeSeed())
            : ValueTask.FromException<ulong>(new RedisStoreUnavailableException("Redis has not been reached yet."));

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Redis did not answer within <see cref="RedisStoreOptions.ReadTimeout"/>, or is known not to.</exception>
    public ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default)
    {
        if (_attachment.Current is not { SeedIsTaken: true } attached) return ValueTask.FromException<StoredEntry?>(NotAttached());
        CircuitBreaker breaker = attached.Breaker(attached.Keys.ShardOf(key));
        return breaker.IsOpen
            ? ValueTask.FromException<StoredEntry?>(Away())
            : ReadAsync(attached, breaker, key, _options.ReadTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>An entry is left out, and counted, where a younger one or a later removal is.</remarks>
    /// <exception cref="RedisStoreUnavailableException">Some entries were not acknowledged within <see cref="RedisStoreOptions.WriteTimeout"/>.</exception>
    public async ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (_link.IsFull)
        {
            _metrics.RefusedWrites(entries.Count);
            throw new RedisStoreUnavailableException("Redis is full; the next write is tried a second after the last.");
        }

        Attached attached = RequireAttached();
        await EachAsync(entries, (entry, token) => StoreAsync(attached, entry, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Some removals were not acknowledged within <see cref="RedisStoreOptions.WriteTimeout"/>.</exception>
    public async ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        Attached attached = RequireAttached();
        return await EachAsync(keys, (key, token) => RemoveAsync(attached, key, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>The number is the server's clock in milliseconds, or one more than the last.</remarks>
    /// <exception cref="RedisStoreUnavailableException">Not acknowledged within <see cref="RedisStoreOptions.WriteTimeout"/>.</exception>
    public async ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default)
    {
        Attached attached = RequireAttached();
        RedisKeys keys = attached.Keys;
        CircuitBreaker breaker = Require(attached, attached.MetaShard);
        RedisValue[] arguments =
        [
            StoreAttachment.Subject(subject), _attachment.EpochOf(subject), _logs.Origin, _options.ChangeLogLength, keys.Changes.ToString(), attached.MetaShard,
        ];
        try
        {
            RedisResult reply = await _logs.EditAsync(breaker, Scripts.Advance, [keys.Epochs, keys.Log(attached.MetaShard)], arguments, cancellationToken).ConfigureAwait(false);
            long number = (long)reply;
            _attachment.Learn(subject, number);
            return number;
        }
        catch (RedisStoreUnavailableException exception) when (exception.IsOfWrongType)
        {
            _attachment.Doubt();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Redis did not answer within <see cref="RedisStoreOptions.WriteTimeout"/>.</exception>
    public async ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default)
    {
        RequireAttached();
        return await _attachment.AskAsync(cancellationToken).ConfigureAwait(false) ? _attachment.Epochs() : throw Away();
    }

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">A part of Redis does not answer: what came so far is not everything.</exception>
    public IAsyncEnumerable<StoredEntry> EnumerateAsync(CancellationToken cancellationToken = default) =>
        new EntryScan(_link, _options, _time, RequireAttached(), ReadAsync).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreChange> WatchAsync(CancellationToken cancellationToken = default) =>
        new ChangeFollower(_link, _attachment, _logs, _options, _time, _logger, _metrics).WatchAsync(ReadAsync, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Both are upper bounds: all keys and all memory of the primaries' databases, those of other users too.</remarks>
    /// <exception cref="RedisStoreUnavailableException">A primary did not answer within <see cref="RedisStoreOptions.WriteTimeout"/>.</exception>
    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) =>
        new Primaries(_link, _options, _time).GetStatisticsAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Redis did not answer within <see cref="RedisStoreOptions.WriteTimeout"/>, or is known not to.</exception>
    public ValueTask<long> TryTakeLeaseAsync(CacheKey key, TimeSpan duration, CancellationToken cancellationToken = default) =>
        LeaseAsync(Scripts.TakeLease, key, cancellationToken, Milliseconds(duration), Milliseconds(duration + _options.RemovalMemory));

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Redis did not answer within <see cref="RedisStoreOptions.WriteTimeout"/>, or is known not to.</exception>
    public async ValueTask<bool> ExtendLeaseAsync(CacheKey key, long fence, TimeSpan duration, CancellationToken cancellationToken = default) =>
        await LeaseAsync(Scripts.ExtendLease, key, cancellationToken, Milliseconds(duration), Milliseconds(duration + _options.RemovalMemory), fence).ConfigureAwait(false) == 1;

    /// <inheritdoc/>
    /// <exception cref="RedisStoreUnavailableException">Redis did not answer within <see cref="RedisStoreOptions.WriteTimeout"/>, or is known not to.</exception>
    public async ValueTask EndLeaseAsync(CacheKey key, long fence, CancellationToken cancellationToken = default) =>
        await LeaseAsync(Scripts.EndLease, key, cancellationToken, fence).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _attachment.DisposeAsync().ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    /// <summary>Runs a script over one key of its own beside the entries.</summary>
    /// <returns>The whole number that it returns.</returns>
    internal async ValueTask<long> EvaluateAsync(string script, string key, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        Attached attached = _attachment.Current ?? throw NotAttached();
        RedisKey[] keys = [$"{_options.KeyPrefix}:{key}"];
        RedisResult reply = await _link.CallAsync(
            Require(attached, attached.MetaShard), _options.WriteTimeout, (script, keys, arguments),
            static (database, ask) => database.ScriptEvaluateAsync(ask.script, ask.keys, ask.arguments, CommandFlags.DemandMaster),
            cancellationToken).ConfigureAwait(false);
        return (long)reply;
    }

    private static long Milliseconds(TimeSpan span) => Math.Max(1, (long)span.TotalMilliseconds);

    private async ValueTask<long> LeaseAsync(string script, CacheKey key, CancellationToken cancellationToken, params RedisValue[] arguments)
    {
        Attached attached = RequireAttached();
        RedisKey[] keys = [attached.Keys.Lease(key), attached.Keys.Fence(key)];
        RedisResult reply = await _link.CallAsync(
            Require(attached, attached.Keys.ShardOf(key)), _options.WriteTimeout, (script, keys, arguments),
            static (database, ask) => database.ScriptEvaluateAsync(ask.script, ask.keys, ask.arguments, CommandFlags.DemandMaster),
            cancellationToken).ConfigureAwait(false);
        return (long)reply;
    }

    private static RedisStoreUnavailableException Away() => new("Redis does not answer; it is asked in the background until it does.");

    private RedisStoreUnavailableException NotAttached() => new(_attachment.Current is null
        ? "Redis has not been reached yet."
        : "Redis has another seed than before; ask for the seed first.");

    private Attached RequireAttached() => _attachment.Current is { SeedIsTaken: true } attached ? attached : throw NotAttached();

    private static CircuitBreaker Require(Attached attached, int shard) =>
        attached.Breaker(shard) is { IsOpen: false } breaker ? breaker : throw Away();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<StoredEntry?> ReadAsync(
        Attached attached, CircuitBreaker breaker, CacheKey key, TimeSpan budget, CancellationToken cancellationToken)
    {
        RedisSession? session = _link.Session;
        RedisValue reply;
        try
        {
            reply = await _link.CallAsync(
                breaker, budget, attached.Keys.Entry(key), static (database, name) => database.StringGetAsync(name), cancellationToken).ConfigureAwait(false);
        }
        catch (RedisStoreUnavailableException exception) when (exception.IsOfWrongType)
        {
            // No string: somebody else's doing, and no entry. Redis itself is well.
            _metrics.Foreign();
            return null;
        }

        if (reply.IsNull) return null;

        switch (EntryEnvelope.TryDecode((byte[])reply!, key, attached.SeedMark, out StoredEntry entry))
        {
            case EntryEnvelope.Reading.Entry:
                return entry.ExpiresAt > _time.GetUtcNow() ? entry : null;
            case EntryEnvelope.Reading.None:
                return null;
            default:
                _metrics.Foreign();
                if (session is not null) _link.Distrust(session);
                return null;
        }
    }

    private async Task<int> StoreAsync(Attached attached, StoredEntry entry, CancellationToken cancellationToken)
    {
        int shard = attached.Keys.ShardOf(entry.Key);
        CircuitBreaker breaker = Require(attached, shard);
        long lifetime = (long)(entry.ExpiresAt - _time.GetUtcNow()).TotalMilliseconds;
        if (lifetime <= 0) return 0;

        RedisResult stored;
        try
        {
            stored = await EditAsync(
                entry.Fence == 0 ? Scripts.Store : Scripts.StoreFenced, attached, shard, breaker, entry.Key, ChangeItem.Stored,
                EntryEnvelope.Encode(entry, attached.SeedMark), EntryEnvelope.Microseconds(entry.CreatedAt), lifetime, cancellationToken, entry.Fence).ConfigureAwait(false);
        }
        catch (RedisStoreUnavailableException exception) when (exception.IsFull)
        {
            _metrics.RefusedWrites(1);
            throw;
        }

        if ((int)stored > 0) return 1;
        if ((int)stored == 0) _metrics.OlderWrite();
        else _metrics.FencedWrite();
        _attachment.Refused(entry.Key);
        return 0;
    }

    private async Task<int> RemoveAsync(Attached attached, CacheKey key, CancellationToken cancellationToken)
    {
        int shard = attached.Keys.ShardOf(key);
        DateTimeOffset now = _time.GetUtcNow();
        _attachment.Removals.Remember(key);
        byte[] tombstone = EntryEnvelope.EncodeTombstone(key, now, now + _options.RemovalMemory, attached.SeedMark);
        RedisResult removed = await EditAsync(
            Scripts.Remove, attached, shard, Require(attached, shard), key, ChangeItem.Removed,
            tombstone, EntryEnvelope.Microseconds(now), (long)_options.RemovalMemory.TotalMilliseconds, cancellationToken).ConfigureAwait(false);
        return (int)removed;
    }

    private ValueTask<RedisResult> EditAsync(
        string script, Attached attached, int shard, CircuitBreaker breaker, CacheKey key, byte kind, byte[] envelope, long createdAt, long lifetime,
        CancellationToken cancellationToken, long fence = 0)
    {
        RedisKeys keys = attached.Keys;
        RedisKey[] names = fence == 0 ? [keys.Entry(key), keys.Log(shard)] : [keys.Entry(key), keys.Log(shard), keys.Fence(key)];
        RedisValue[] arguments =
        [
            envelope, createdAt, lifetime, ChangeItem.Encode(kind, _logs.Origin, key), _options.ChangeLogLength, keys.Changes.ToString(), shard, fence,
        ];
        return _logs.EditAsync(breaker, script, names, arguments, cancellationToken);
    }

    /// <summary>Edits many at once, all of them even where some fail; then tells of the first failure.</summary>
    private static async Task<int> EachAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task<int>> edit, CancellationToken cancellationToken)
    {
        int count = 0;
        Exception? failure = null;
        var edits = new List<Task<int>>(Math.Min(items.Count, CommandsAtOnce));
        for (int start = 0; start < items.Count; start += CommandsAtOnce)
        {
            edits.Clear();
            for (int i = start; i < Math.Min(items.Count, start + CommandsAtOnce); i++) edits.Add(edit(items[i], cancellationToken));
            foreach (Task<int> running in edits)
            {
                try
                {
                    count += await running.ConfigureAwait(false);
                }
                catch (RedisStoreUnavailableException exception)
                {
                    failure ??= exception;
                }
            }
        }

        return failure is null ? count : throw new RedisStoreUnavailableException($"{count} of {items.Count} were done.", failure);
    }
}
