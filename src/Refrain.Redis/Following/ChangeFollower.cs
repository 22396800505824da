using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>
/// Follows the change logs. Messages only say where to look, so a lost one costs at most a polling interval; what was missed shows in the log itself,
/// because each reading begins with the last item seen.
/// </summary>
internal sealed class ChangeFollower
{
    private const int ItemsAtOnce = 512;
    private const int ToldMax = 16_384;

    private readonly RedisLink _link;
    private readonly StoreAttachment _attachment;
    private readonly RedisStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisMetrics _metrics;
    private readonly ChangeLogs _logs;
    private readonly ulong _originNumber;

    // A bit a shard; 1,025 shards at most.
    private readonly int[] _due = new int[1_025];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // Keys told of lately. An own write of them that was under way must be told as well, or what was told before it would stay here.
    private HashSet<CacheKey> _told = [];
    private HashSet<CacheKey> _toldBefore = [];

    // Keys of own writes that were refused because something younger is there.
    private readonly ConcurrentQueue<CacheKey> _refused = new();
    private readonly ConcurrentQueue<StoredEpoch> _raised = new();
    private LogPosition?[] _positions = [];
    private Attached? _followed;
    private RedisSession? _subscribed;

    public ChangeFollower(
        RedisLink link, StoreAttachment attachment, ChangeLogs logs, RedisStoreOptions options, TimeProvider time, ILogger logger, RedisMetrics metrics)
    {
        _link = link;
        _attachment = attachment;
        _logs = logs;
        _options = options;
        _time = time;
        _logger = logger;
        _metrics = metrics;
        _originNumber = BinaryPrimitives.ReadUInt64LittleEndian(logs.Origin);
    }

    /// <summary>See <see cref="IChangeFeed.WatchAsync"/>. Once in the life of a follower.</summary>
    public async IAsyncEnumerable<StoreChange> WatchAsync(EntryReader read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<StoreChange> changes = Channel.CreateBounded<StoreChange>(ItemsAtOnce);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _attachment.Join(this);
        Task following = Task.Run(() => FollowAsync(changes.Writer, read, stop.Token), CancellationToken.None);
        try
        {
            await foreach (StoreChange change in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return change;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _attachment.Leave(this);
            await UnsubscribeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The log of a shard may have grown.</summary>
    public void Signal(int shard)
    {
        if ((uint)shard >= (uint)_due.Length) return;
        Volatile.Write(ref _due[shard], 1);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>An own write was refused: what is there instead has to be told.</summary>
    public void Refused(CacheKey key)
    {
        _refused.Enqueue(key);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>An epoch is known to have risen.</summary>
    public void Raised(StoredEpoch epoch) => _raised.Enqueue(epoch);

    private async Task FollowAsync(ChannelWriter<StoreChange> changes, EntryReader read, CancellationToken stop)
    {
        bool isLogged = false;
        bool isAll = true;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (_attachment.Current is { } attached && _link.Session is { } session)
                {
                    await SubscribeAsync(session, attached).ConfigureAwait(false);
                    await RoundAsync(attached, isAll, changes, read, stop).ConfigureAwait(false);
                    isLogged = false;
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Whatever it is, the next round begins where the last good one ended.
                if (!isLogged) Log.FollowingFailed(_logger, exception);
                isLogged = true;
            }

            isAll = await WaitAsync(stop).ConfigureAwait(false);
        }
    }

    /// <returns>True if nothing woke us: then all logs are read.</returns>
    private async Task<bool> WaitAsync(CancellationToken stop)
    {
        try
        {
            TimeSpan patience = _attachment.Current is null ? _options.ProbeInterval : _options.ChangePollInterval;
            await _wake.Reader.ReadAsync(stop).AsTask().WaitAsync(patience, _time, stop).ConfigureAwait(false);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private async Task SubscribeAsync(RedisSession session, Attached attached)
    {
        if (ReferenceEquals(_subscribed, session)) return;
        _subscribed = session;
        try
        {
            await session.Multiplexer.GetSubscriber().SubscribeAsync(attached.Keys.Changes, Hear).WaitAsync(_options.WriteTimeout, _time).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            Log.NotSubscribed(_logger, exception, _options.ChangePollInterval);
        }
    }

    private async Task UnsubscribeAsync()
    {
        if (_subscribed is not { } session || _attachment.Current is not { } attached) return;
        try
        {
            await session.Multiplexer.GetSubscriber().UnsubscribeAsync(attached.Keys.Changes, Hear).WaitAsync(_options.WriteTimeout, _time).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The connection is gone, and the subscription with it.
        }
    }

    private void Hear(RedisChannel channel, RedisValue message)
    {
        if (int.TryParse((string?)message, NumberStyles.None, CultureInfo.InvariantCulture, out int shard)) Signal(shard);
    }

    private async Task RoundAsync(Attached attached, bool isAll, ChannelWriter<StoreChange> changes, EntryReader read, CancellationToken stop)
    {
        StoreChangeKind? news = null;
        if (!ReferenceEquals(_followed, attached))
        {
            isAll = true;
            _positions = new LogPosition?[attached.MetaShard + 1];
            _told.Clear();
            _toldBefore.Clear();
            if (_followed is not null && _followed.Identity.Seed != attached.Identity.Seed)
            {
                await changes.WriteAsync(new StoreChange(StoreChangeKind.Reseeded), stop).ConfigureAwait(false);
                _followed = attached;
            }

            news = _followed is null || _followed.Identity == attached.Identity ? StoreChangeKind.Missed : StoreChangeKind.Emptied;
        }

        bool hasMissed = await ReadLogsAsync(attached, isAll, changes, read, stop).ConfigureAwait(false);
        if (hasMissed)
        {
            // A log that does not go on where we left it may be another store's, and epochs have been missed: both are asked before we say so.
            bool isAnswered = await _attachment.AskAsync(stop).ConfigureAwait(false);
            if (!isAnswered || !ReferenceEquals(_attachment.Current, attached))
            {
                Array.Clear(_positions);
                return;
            }
        }

        _followed = attached;
        HashSet<CacheKey> refused = [];
        while (refused.Count < ItemsAtOnce && _refused.TryDequeue(out CacheKey key)) refused.Add(key);

        // What was refused is still in the table in process, perhaps younger than what is there: without this word it would stay.
        foreach (CacheKey key in refused) await changes.WriteAsync(new StoreChange(StoreChangeKind.Removed, new StoredEntry(key, default, default)), stop).ConfigureAwait(false);
        await TellKeysAsync(attached, refused, changes, read, stop).ConfigureAwait(false);
        await TellEpochsAsync(changes, stop).ConfigureAwait(false);
        if (news is null && hasMissed) _metrics.Missed();
        if ((news ?? (hasMissed ? StoreChangeKind.Missed : null)) is { } kind) await changes.WriteAsync(new StoreChange(kind), stop).ConfigureAwait(false);
    }

    private async Task<bool> ReadLogsAsync(Attached attached, bool isAll, ChannelWriter<StoreChange> changes, EntryReader read, CancellationToken stop)
    {
        bool hasMissed = false;
        RedisStoreUnavailableException? failure = null;
        for (int shard = attached.MetaShard; shard >= 0; shard--)
        {
            bool isDue = Interlocked.Exchange(ref _due[shard], 0) != 0;
            if (!isDue && !isAll || attached.Breaker(shard).IsOpen) continue;
            try
            {
                hasMissed |= await ReadLogAsync(attached, shard, changes, read, stop).ConfigureAwait(false);
            }
            catch (RedisStoreUnavailableException exception)
            {
                // The others go on: in a cluster one server may be away. This one is read again by the next round of all.
                failure = exception;
            }
        }

        if (failure is not null && !hasMissed) throw failure;
        return hasMissed;
    }

    /// <returns>Whether something was missed.</returns>
    private async Task<bool> ReadLogAsync(Attached attached, int shard, ChannelWriter<StoreChange> changes, EntryReader read, CancellationToken stop)
    {
        RedisKey log = attached.Keys.Log(shard);
        CircuitBreaker breaker = attached.Breaker(shard);
        while (_positions[shard] is { } position)
        {
            StreamEntry[] items = await ReadFromAsync(breaker, log, position, stop).ConfigureAwait(false);
            if (items.Length == 0 || !position.IsAt(items[0]))
            {
                _positions[shard] = null;
                break;
            }

            await TellAsync(attached, items.AsMemory(1), changes, read, stop).ConfigureAwait(false);
            _positions[shard] = new LogPosition(items[^1].Id, LogPosition.BytesOf(items[^1]));
            if (items.Length < ItemsAtOnce) return false;
        }

        _positions[shard] = await _logs.GetTipAsync(breaker, log, stop).ConfigureAwait(false);
        return true;
    }

    /// <returns>The items from a position on; none if no log is there.</returns>
    private async ValueTask<StreamEntry[]> ReadFromAsync(CircuitBreaker breaker, RedisKey log, LogPosition position, CancellationToken stop)
    {
        try
        {
            return await _link.CallAsync(
                breaker, _options.WriteTimeout, (log, position),
                static (database, ask) => database.StreamRangeAsync(ask.log, ask.position.Id, "+", ItemsAtOnce), stop).ConfigureAwait(false);
        }
        catch (RedisStoreUnavailableException exception) when (exception.IsOfWrongType)
        {
            return [];
        }
    }

    private async Task TellAsync(
        Attached attached, ReadOnlyMemory<StreamEntry> items, ChannelWriter<StoreChange> changes, EntryReader read, CancellationToken stop)
    {
        HashSet<CacheKey> touched = [];
        DateTimeOffset now = _time.GetUtcNow();
        foreach (StreamEntry entry in items.Span)
        {
            if (!ChangeItem.TryDecode(LogPosition.BytesOf(entry), out ChangeItem item)) continue;
            if (item.Kind == ChangeItem.Epoch) _attachment.Learn(item.Key.Scope, (long)(ulong)item.Key.Digest);
            bool isOwn = item.Origin == _originNumber;
            if (!isOwn) RecordLag(entry, now);
            if (item.Kind is not (ChangeItem.Stored or ChangeItem.Removed)) continue;
            if (!isOwn && item.Kind == ChangeItem.Removed) _attachment.Removals.Remember(item.Key);
            if (!isOwn || _told.Contains(item.Key) || _toldBefore.Contains(item.Key)) touched.Add(item.Key);
        }

        await TellEpochsAsync(changes, stop).ConfigureAwait(false);
        await TellKeysAsync(attached, touched, changes, read, stop).ConfigureAwait(false);
    }

    private async Task TellKeysAsync(Attached attached, HashSet<CacheKey> touched, ChannelWriter<StoreChange> changes, EntryReader read, CancellationToken stop)
    {
        if (touched.Count == 0) return;
        if (_told.Count >= ToldMax) (_toldBefore, _told) = (_told, []);
        _told.UnionWith(touched);

        // What is told is what is there now, not what the item said: so a late word cannot undo a newer one.
        List<StoredEntry> found = await EntryScan.ReadAllAsync(attached, [.. touched], read, _options.WriteTimeout, stop).ConfigureAwait(false);
        foreach (StoredEntry entry in found)
        {
            touched.Remove(entry.Key);
            await changes.WriteAsync(new StoreChange(StoreChangeKind.Stored, entry), stop).ConfigureAwait(false);
        }

        foreach (CacheKey key in touched)
        {
            await changes.WriteAsync(new StoreChange(StoreChangeKind.Removed, new StoredEntry(key, default, default)), stop).ConfigureAwait(false);
        }
    }

    private async Task TellEpochsAsync(ChannelWriter<StoreChange> changes, CancellationToken stop)
    {
        while (_raised.TryDequeue(out StoredEpoch epoch))
            await changes.WriteAsync(new StoreChange(StoreChangeKind.EpochAdvanced, Epoch: epoch), stop).ConfigureAwait(false);
    }

    private void RecordLag(StreamEntry entry, DateTimeOffset now)
    {
        ReadOnlySpan<char> id = (string?)entry.Id;
        int dash = id.IndexOf('-');
        if (dash > 0 && long.TryParse(id[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out long written))
            _metrics.Lag(now - DateTimeOffset.FromUnixTimeMilliseconds(written));
    }
}
