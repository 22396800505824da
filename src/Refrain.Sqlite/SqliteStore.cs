using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>
/// The embedded durable store: one SQLite file in WAL mode. Other processes may open the same file; any SQLite tool can look into it.
/// </summary>
/// <remarks>What <see cref="SetAsync"/> acknowledged survives the death of the process. See <see cref="SqliteStoreOptions.SyncsEachWrite"/> for power cuts.</remarks>
public sealed class SqliteStore : IDurableStore
{
    private readonly SqliteFile _file;
    private readonly SqliteWriter _writer;
    private readonly SqliteClock _clock;
    private readonly RecentUses? _uses;
    private readonly ConcurrentBag<SqliteReader> _idleReaders = [];
    private volatile bool _isDisposed;

    private SqliteStore(SqliteFile file, SqliteClock clock, SqliteStoreOptions options)
    {
        _file = file;
        _clock = clock;
        _uses = options.BytesMax is null ? null : new RecentUses();
        _writer = new SqliteWriter(file.Prepare(), clock, options.BytesMax, _uses);
    }

    /// <inheritdoc/>
    public string Name => "sqlite";

    /// <summary>Where a file that was damaged, or not one of ours, was moved to when this one was opened in its place; null if that did not happen.</summary>
    public string? SetAsidePath => _file.SetAsidePath;

    /// <summary>Opens the file, or creates it, private to its owner. A damaged or foreign file is renamed, and an empty one takes its place.</summary>
    /// <param name="path">Path of the file; its directory is made if it is missing.</param>
    /// <param name="options">How it behaves. Null: the defaults.</param>
    /// <param name="cancellationToken">Gives up before the file is touched.</param>
    /// <exception cref="ArgumentException">The path is empty, or an option is out of its range.</exception>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static async ValueTask<SqliteStore> OpenAsync(string path, SqliteStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new SqliteStoreOptions();
        options.Validate();
        return await Task.Run(() => new SqliteStore(new SqliteFile(path, options), new SqliteClock(options.TimeProvider), options), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<ulong> GetSeedAsync(CancellationToken cancellationToken = default) => new(ReadAsync(static reader => reader.GetSeed(), cancellationToken));

    /// <inheritdoc/>
    /// <remarks>
    /// It has completed when it returns: a page that the system holds is read in microseconds, less than handing the call to another thread costs. A page that it does not hold
    /// makes the caller wait for the disk.
    /// </remarks>
    public ValueTask<StoredEntry?> GetAsync(CacheKey key, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<StoredEntry?>(cancellationToken);
        SqliteReader? reader = null;
        try
        {
            reader = Rent();
            StoredEntry? entry = reader.Get(key, _clock.NowTicks);
            Return(reader);
            if (entry is not null)
                _uses?.Note(key);
            return new(entry);
        }
        catch (SqliteException exception)
        {
            reader?.Dispose();
            return ValueTask.FromException<StoredEntry?>(exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return new(WriteAsync(
            writer =>
            {
                foreach (StoredEntry entry in entries)
                    writer.Set(entry);
                return entries.Count;
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<int> RemoveAsync(IReadOnlyList<CacheKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return (int)await WriteAsync(writer => keys.Sum(key => (long)writer.Remove(key)), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<long> AdvanceEpochAsync(UInt128 subject, CancellationToken cancellationToken = default) =>
        new(WriteAsync(writer => writer.Advance(subject), cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredEpoch>> GetEpochsAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(static reader => reader.GetEpochs(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredEntry> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long last = 0;
        while (true)
        {
            (List<StoredEntry>? page, last) = await ReadAsync(
                reader =>
                {
                    long row = last;
                    return (reader.GetPage(ref row, _clock.NowTicks), row);
                },
                cancellationToken).ConfigureAwait(false);
            if (page is null)
                yield break;
            foreach (StoredEntry entry in page)
                yield return entry;
        }
    }

    /// <inheritdoc/>
    public ValueTask<DurableStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) =>
        new(ReadAsync(static reader => reader.GetStatistics(), cancellationToken));

    /// <summary>Finishes the writes that were begun, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        while (_idleReaders.TryTake(out SqliteReader? reader))
            reader.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    internal Task<long> WriteAsync(Func<SqliteWriter, long> work, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _writer.SubmitAsync(new SqliteJob(work)).WaitAsync(cancellation);
    }

    private Task<T> ReadAsync<T>(Func<SqliteReader, T> work, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Task.Run(() => Read(work), cancellation);
    }

    private T Read<T>(Func<SqliteReader, T> work)
    {
        SqliteReader reader = Rent();
        try
        {
            T result = work(reader);
            Return(reader);
            return result;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private SqliteReader Rent() => _idleReaders.TryTake(out SqliteReader? reader) ? reader : new SqliteReader(_file.Connect());

    private void Return(SqliteReader reader)
    {
        _idleReaders.Add(reader);
        if (_isDisposed && _idleReaders.TryTake(out SqliteReader? late))
            late.Dispose();
    }
}
