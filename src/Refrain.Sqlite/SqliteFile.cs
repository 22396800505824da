using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>The database file: made private to its owner, given its tables, set aside if it is damaged or not ours.</summary>
internal sealed class SqliteFile
{
    /// <summary>Version of the tables; kept in the file as <c>user_version</c>. 2 added when an entry was last used, and budgets.</summary>
    internal const int Version = 2;

    private const int UnusedVersion = 1;

    /// <summary>"Rfrn", kept in the file as <c>application_id</c>.</summary>
    internal const int ApplicationId = 0x5266726E;

    /// <summary>SQLite's codes for a file that is damaged, and for one that is no database.</summary>
    private const int CorruptCode = 11;
    private const int NotDatabaseCode = 26;

    private readonly string _path;
    private readonly SqliteStoreOptions _options;

    internal SqliteFile(string path, SqliteStoreOptions options)
    {
        _path = Path.GetFullPath(path);
        _options = options;
    }

    /// <summary>Where a file that could not be used was moved to, or null.</summary>
    internal string? SetAsidePath { get; private set; }

    /// <summary>Opens or creates the file.</summary>
    /// <returns>The connection that writes.</returns>
    internal SqliteConnection Prepare()
    {
        CreatePrivately();
        try
        {
            return PrepareOnce();
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is CorruptCode or NotDatabaseCode)
        {
            SetAside();
        }
        catch (InvalidDataException)
        {
            SetAside();
        }

        CreatePrivately();
        return PrepareOnce();
    }

    /// <summary>Another connection to a prepared file.</summary>
    internal SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = (int)Math.Ceiling(_options.BusyTimeout.TotalSeconds),
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, _options.SyncsEachWrite ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of this project, without input.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static long ReadNumber(SqliteConnection connection, string pragma)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of this project, without input.
        command.CommandText = pragma;
#pragma warning restore CA2100
        return Convert.ToInt64(command.ExecuteScalar());
    }

    /// <exception cref="InvalidDataException">The structure is damaged.</exception>
    private void Check(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        if (command.ExecuteScalar() is not "ok")
            throw new InvalidDataException($"{_path} is damaged.");
    }

    private SqliteConnection PrepareOnce()
    {
        SqliteConnection connection = Connect();
        try
        {
            long version = ReadNumber(connection, "PRAGMA user_version");
            long application = ReadNumber(connection, "PRAGMA application_id");
            long tables = ReadNumber(connection, "SELECT COUNT(*) FROM sqlite_schema");
            bool isNew = version == 0 && application == 0 && tables == 0;
            if (!isNew && (version is not (UnusedVersion or Version) || application != ApplicationId))
                throw new InvalidDataException($"{_path} is version {version} of application {application}, expected {Version} of {ApplicationId}.");
            if (!isNew && _options.ChecksAtOpen)
                Check(connection);
            Execute(connection, "PRAGMA journal_mode=WAL");
            Execute(connection, "PRAGMA journal_size_limit=67108864");
            Execute(connection, "BEGIN IMMEDIATE");

            // Under the lock: another process may have done it meanwhile.
            if (ReadNumber(connection, "PRAGMA user_version") == UnusedVersion)
                Execute(connection, "ALTER TABLE entries ADD COLUMN used INTEGER NOT NULL DEFAULT 0");
            Execute(connection, $"""
                CREATE TABLE IF NOT EXISTS entries(
                    key BLOB NOT NULL PRIMARY KEY, expires INTEGER NOT NULL, created INTEGER NOT NULL, value BLOB NOT NULL, used INTEGER NOT NULL DEFAULT 0) STRICT;
                CREATE INDEX IF NOT EXISTS entries_by_end ON entries(expires);
                CREATE INDEX IF NOT EXISTS entries_by_use ON entries(used);
                CREATE TABLE IF NOT EXISTS budgets(name TEXT NOT NULL, window TEXT NOT NULL, drawn INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (name, window)) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS epochs(subject BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS secrets(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
                INSERT OR IGNORE INTO secrets(name, value) VALUES ('seed', randomblob(8));
                PRAGMA application_id={ApplicationId};
                PRAGMA user_version={Version};
                COMMIT
                """);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void CreatePrivately()
    {
        string? directory = Path.GetDirectoryName(_path);
        if (directory is not null && !Directory.Exists(directory))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(directory);
            else
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        if (File.Exists(_path))
            return;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };

        // SQLite gives its journal the permissions of the file.
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var created = new FileStream(_path, options);
    }

    private void SetAside()
    {
        string aside = $"{_path}.aside-{_options.TimeProvider.GetUtcNow():yyyyMMddHHmmss}-{Guid.NewGuid():N}";
        File.Move(_path, aside);
        foreach (string suffix in new[] { "-wal", "-shm" })
        {
            if (File.Exists(_path + suffix))
                File.Move(_path + suffix, aside + suffix);
        }

        SetAsidePath = aside;
    }
}
