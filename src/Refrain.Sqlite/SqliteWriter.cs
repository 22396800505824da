using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>The one writer: takes the changes of all callers, many to a transaction, on a thread that is none of theirs.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int JobsPerTransactionMax = 256;
    private const int SweepCountMax = 500;

    /// <summary>Entries that go at once where the file is full; callers' changes come in between.</summary>
    private const int EvictionCountMax = 128;

    /// <summary>One part in so many is freed beyond what is needed, so that not every write evicts.</summary>
    private const int SlackShare = 20;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(1);

    private readonly SqliteConnection _connection;
    private readonly SqliteClock _clock;
    private readonly Channel<SqliteJob> _jobs = Channel.CreateUnbounded<SqliteJob>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SqliteCommand _set;
    private readonly SqliteCommand _remove;
    private readonly SqliteCommand _advance;
    private readonly SqliteCommand _sweep;
    private readonly SqliteCommand _touch;
    private readonly SqliteCommand _evict;
    private readonly SqliteCommand _measure;
    private readonly SqliteCommand[] _commands;
    private readonly long? _bytesMax;
    private readonly RecentUses? _uses;
    private readonly Task _working;
    private long _sweptAt;
    private bool _isFull;

    /// <param name="connection">The one that writes; taken over.</param>
    /// <param name="clock">Says what has expired.</param>
    /// <param name="bytesMax">Bytes of the file that may be in use; null: any.</param>
    /// <param name="uses">What was read lately; null where nothing is evicted.</param>
    internal SqliteWriter(SqliteConnection connection, SqliteClock clock, long? bytesMax, RecentUses? uses)
    {
        _bytesMax = bytesMax;
        _uses = uses;
        _connection = connection;
        _clock = clock;
        _sweptAt = clock.NowTicks;
        _set = Prepare(
            """
            INSERT INTO entries(key, expires, created, value, used) VALUES ($key, $expires, $created, $value, $used)
            ON CONFLICT(key) DO UPDATE SET expires = excluded.expires, created = excluded.created, value = excluded.value, used = excluded.used WHERE excluded.created >= entries.created
            """,
            ("$key", SqliteType.Blob), ("$expires", SqliteType.Integer), ("$created", SqliteType.Integer), ("$value", SqliteType.Blob), ("$used", SqliteType.Integer));
        _remove = Prepare("DELETE FROM entries WHERE key = $key", ("$key", SqliteType.Blob));
        _advance = Prepare(
            "INSERT INTO epochs(subject, number) VALUES ($subject, 1) ON CONFLICT(subject) DO UPDATE SET number = number + 1 RETURNING number", ("$subject", SqliteType.Blob));
        _sweep = Prepare(
            "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE expires <= $now LIMIT $count)", ("$now", SqliteType.Integer), ("$count", SqliteType.Integer));
        _touch = Prepare("UPDATE entries SET used = $used WHERE key = $key", ("$used", SqliteType.Integer), ("$key", SqliteType.Blob));
        _evict = Prepare("DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries ORDER BY used LIMIT $count)", ("$count", SqliteType.Integer));
        _evict.Parameters[0].Value = EvictionCountMax;
        _measure = Prepare("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
        _commands = [_set, _remove, _advance, _sweep, _touch, _evict, _measure];
        _isFull = bytesMax is not null;
        _working = Task.Run(WorkAsync);
    }

    internal Task<long> SubmitAsync(SqliteJob job)
    {
        if (!_jobs.Writer.TryWrite(job))
            job.Failed(new ObjectDisposedException(nameof(SqliteStore)));
        return job.Done;
    }

    internal void Set(StoredEntry entry)
    {
        _set.Parameters[0].Value = SqliteKeys.Of(entry.Key);
        _set.Parameters[1].Value = entry.ExpiresAt.UtcTicks;
        _set.Parameters[2].Value = entry.CreatedAt.UtcTicks;
        _set.Parameters[3].Value = entry.Value.ToArray();
        _set.Parameters[4].Value = _clock.NowTicks;
        _set.ExecuteNonQuery();
    }

    internal int Remove(CacheKey key)
    {
        _remove.Parameters[0].Value = SqliteKeys.Of(key);
        return _remove.ExecuteNonQuery();
    }

    internal long Advance(UInt128 subject)
    {
        _advance.Parameters[0].Value = SqliteKeys.Of(subject);
        return (long)_advance.ExecuteScalar()!;
    }

    internal long Draw(string name, string window, long units, long limit) => SqliteBudgetTable.TryDraw(_set.Transaction!, name, window, units, limit, _clock.NowTicks);

    internal long GiveBack(string name, string window, long units) => SqliteBudgetTable.Return(_set.Transaction!, name, window, units);

    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (SqliteCommand command in _commands)
            await command.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        var batch = new List<SqliteJob>();
        while (await _jobs.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < JobsPerTransactionMax && _jobs.Reader.TryRead(out SqliteJob? job))
                batch.Add(job);
            Write(batch);

            // What is over the bound goes before the next pause, callers' changes first.
            batch.Clear();
            while (_isFull && !_jobs.Reader.TryPeek(out _))
                Write(batch);
        }
    }

    private void Write(List<SqliteJob> batch)
    {
        try
        {
            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            foreach (SqliteCommand command in _commands)
                command.Transaction = transaction;
            foreach (SqliteJob job in batch)
                job.Run(this);
            SweepNowAndThen();
            EvictWhereFull();
            transaction.Commit();
            batch.ForEach(static job => job.Committed());
        }
        catch (SqliteException exception)
        {
            _isFull = false;
            batch.ForEach(job => job.Failed(exception));
        }
#pragma warning disable CA1031 // The writer must outlive any one job; each caller is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _isFull = false;
            batch.ForEach(job => job.Failed(exception));
        }
    }

    private void SweepNowAndThen()
    {
        if (_clock.NowTicks - _sweptAt < SweepPeriod.Ticks)
            return;
        _sweep.Parameters[0].Value = _clock.NowTicks;
        _sweep.Parameters[1].Value = SweepCountMax;

        // A full sweep means that more has expired: go on with the next transaction.
        if (_sweep.ExecuteNonQuery() < SweepCountMax)
            _sweptAt = _clock.NowTicks;
    }

    /// <summary>Lets the entries go that were used longest ago. Their pages are written anew by the next entries: the file does not grow.</summary>
    private void EvictWhereFull()
    {
        if (_bytesMax is not { } bytesMax)
            return;
        long bytes = (long)_measure.ExecuteScalar()!;
        _isFull = bytes > (_isFull ? bytesMax - (bytesMax / SlackShare) : bytesMax);
        if (!_isFull)
            return;
        foreach (CacheKey key in _uses!.Take())
        {
            _touch.Parameters[0].Value = _clock.NowTicks;
            _touch.Parameters[1].Value = SqliteKeys.Of(key);
            _touch.ExecuteNonQuery();
        }

        // Where nothing is left to go, the bound is smaller than what is not entries.
        _isFull = _evict.ExecuteNonQuery() > 0;
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<(string Name, SqliteType Type)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Statements of this file, with parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, SqliteType type) in parameters)
            command.Parameters.Add(name, type);
        command.Prepare();
        return command;
    }
}
