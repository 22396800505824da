using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>The one writer: takes the changes of all callers, many to a transaction, on a thread that is none of theirs.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int JobsPerTransactionMax = 256;
    private const int SweepCountMax = 500;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(1);

    private readonly SqliteConnection _connection;
    private readonly SqliteClock _clock;
    private readonly Channel<SqliteJob> _jobs = Channel.CreateUnbounded<SqliteJob>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SqliteCommand _set;
    private readonly SqliteCommand _remove;
    private readonly SqliteCommand _advance;
    private readonly SqliteCommand _sweep;
    private readonly Task _working;
    private long _sweptAt;

    internal SqliteWriter(SqliteConnection connection, SqliteClock clock)
    {
        _connection = connection;
        _clock = clock;
        _sweptAt = clock.NowTicks;
        _set = Prepare(
            """
            INSERT INTO entries(key, expires, created, value) VALUES ($key, $expires, $created, $value)
            ON CONFLICT(key) DO UPDATE SET expires = excluded.expires, created = excluded.created, value = excluded.value WHERE excluded.created >= entries.created
            """,
            ("$key", SqliteType.Blob), ("$expires", SqliteType.Integer), ("$created", SqliteType.Integer), ("$value", SqliteType.Blob));
        _remove = Prepare("DELETE FROM entries WHERE key = $key", ("$key", SqliteType.Blob));
        _advance = Prepare(
            "INSERT INTO epochs(subject, number) VALUES ($subject, 1) ON CONFLICT(subject) DO UPDATE SET number = number + 1 RETURNING number", ("$subject", SqliteType.Blob));
        _sweep = Prepare(
            "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE expires <= $now LIMIT $count)", ("$now", SqliteType.Integer), ("$count", SqliteType.Integer));
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

    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (SqliteCommand command in new[] { _set, _remove, _advance, _sweep })
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
        }
    }

    private void Write(List<SqliteJob> batch)
    {
        try
        {
            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            foreach (SqliteCommand command in new[] { _set, _remove, _advance, _sweep })
                command.Transaction = transaction;
            foreach (SqliteJob job in batch)
                job.Run(this);
            SweepNowAndThen();
            transaction.Commit();
            batch.ForEach(static job => job.Committed());
        }
        catch (SqliteException exception)
        {
            batch.ForEach(job => job.Failed(exception));
        }
#pragma warning disable CA1031 // The writer must outlive any one job; each caller is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
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
