using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>A connection that reads, with its statements prepared. Used by one call at a time.</summary>
internal sealed class SqliteReader : IDisposable
{
    private const int PageCount = 256;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _get;
    private readonly SqliteCommand _page;
    private readonly byte[] _key = new byte[SqliteKeys.Size];

    internal SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _get = connection.CreateCommand();
        _get.CommandText = "SELECT value, expires, created FROM entries WHERE key = $key";
        _get.Parameters.Add("$key", SqliteType.Blob).Value = _key;
        _get.Prepare();
        _page = connection.CreateCommand();
        _page.CommandText = "SELECT rowid, key, value, expires, created FROM entries WHERE rowid > $last ORDER BY rowid LIMIT $count";
        _page.Parameters.Add("$last", SqliteType.Integer);
        _page.Parameters.Add("$count", SqliteType.Integer).Value = PageCount;
        _page.Prepare();
    }

    internal StoredEntry? Get(CacheKey key, long nowTicks)
    {
        SqliteKeys.Write(_key, key);
        using SqliteDataReader row = _get.ExecuteReader();
        if (!row.Read())
            return null;
        long expires = row.GetInt64(1);
        return expires > nowTicks ? new StoredEntry(key, row.GetFieldValue<byte[]>(0), At(expires), At(row.GetInt64(2))) : null;
    }

    /// <summary>The entries behind a row, expired ones left out.</summary>
    /// <param name="last">Row to go on after; set to the last one read.</param>
    /// <param name="nowTicks">Now.</param>
    /// <returns>The entries, or null at the end.</returns>
    internal List<StoredEntry>? GetPage(ref long last, long nowTicks)
    {
        _page.Parameters[0].Value = last;
        using SqliteDataReader row = _page.ExecuteReader();
        List<StoredEntry>? entries = null;
        while (row.Read())
        {
            entries ??= [];
            last = row.GetInt64(0);
            byte[] key = row.GetFieldValue<byte[]>(1);
            if (row.GetInt64(3) > nowTicks && key.Length == 32)
                entries.Add(new StoredEntry(SqliteKeys.ToKey(key), row.GetFieldValue<byte[]>(2), At(row.GetInt64(3)), At(row.GetInt64(4))));
        }

        return entries;
    }

    internal ulong GetSeed()
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = "SELECT value FROM secrets WHERE name = 'seed'";
        return BitConverter.ToUInt64((byte[])command.ExecuteScalar()!);
    }

    internal List<StoredEpoch> GetEpochs()
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = "SELECT subject, number FROM epochs";
        using SqliteDataReader row = command.ExecuteReader();
        var epochs = new List<StoredEpoch>();
        while (row.Read())
            epochs.Add(new StoredEpoch(SqliteKeys.ToSubject(row.GetFieldValue<byte[]>(0)), row.GetInt64(1)));
        return epochs;
    }

    internal DurableStatistics GetStatistics()
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = "SELECT (SELECT COUNT(*) FROM entries), (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)";
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        return new DurableStatistics(row.GetInt64(0), row.GetInt64(1));
    }

    public void Dispose()
    {
        _get.Dispose();
        _page.Dispose();
        _connection.Dispose();
    }

    private static DateTimeOffset At(long ticks) => new(Math.Clamp(ticks, 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);
}
