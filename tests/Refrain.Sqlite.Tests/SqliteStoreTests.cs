using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Sqlite.Tests;

/// <summary>What the embedded store promises.</summary>
public sealed class SqliteStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("refrain-sqlite-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_directory, "sub", "cache.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_stored_is_read_back_also_after_opening_again()
    {
        StoredEntry entry = Entry(1, "value one");
        ulong seed;
        await using (SqliteStore store = await OpenAsync())
        {
            seed = await store.GetSeedAsync(Cancellation);
            await store.SetAsync([entry, Entry(2, "value two")], Cancellation);
            AssertSame(entry, await store.GetAsync(entry.Key, Cancellation));
        }

        await using SqliteStore again = await OpenAsync();
        Assert.Equal(seed, await again.GetSeedAsync(Cancellation));
        AssertSame(entry, await again.GetAsync(entry.Key, Cancellation));
        Assert.Equal(2, (await again.GetStatisticsAsync(Cancellation)).EntryCount);
        Assert.Null(again.SetAsidePath);
    }

    [Fact]
    public async Task Two_files_have_two_seeds()
    {
        await using SqliteStore one = await OpenAsync();
        await using SqliteStore other = await SqliteStore.OpenAsync(Path.Combine(_directory, "other.db"), cancellationToken: Cancellation);
        Assert.NotEqual(await one.GetSeedAsync(Cancellation), await other.GetSeedAsync(Cancellation));
    }

    [Fact]
    public async Task A_key_that_differs_in_scope_or_digest_finds_nothing()
    {
        await using SqliteStore store = await OpenAsync();
        StoredEntry entry = Entry(1, "value");
        await store.SetAsync([entry], Cancellation);
        Assert.Null(await store.GetAsync(entry.Key with { Scope = entry.Key.Scope + 1 }, Cancellation));
        Assert.Null(await store.GetAsync(entry.Key with { Digest = entry.Key.Digest + 1 }, Cancellation));
    }

    [Fact]
    public async Task The_younger_of_two_entries_stays_in_whatever_order_they_come()
    {
        await using SqliteStore store = await OpenAsync();
        StoredEntry older = Entry(1, "older");
        StoredEntry younger = Entry(1, "younger") with { CreatedAt = older.CreatedAt + TimeSpan.FromSeconds(1) };
        await store.SetAsync([younger], Cancellation);
        await store.SetAsync([older], Cancellation);
        AssertSame(younger, await store.GetAsync(older.Key, Cancellation));
    }

    [Fact]
    public async Task Removing_counts_what_was_there()
    {
        await using SqliteStore store = await OpenAsync();
        await store.SetAsync([Entry(1, "a"), Entry(2, "b")], Cancellation);
        Assert.Equal(2, await store.RemoveAsync([Entry(1, "").Key, Entry(2, "").Key, Entry(3, "").Key], Cancellation));
        Assert.Null(await store.GetAsync(Entry(1, "").Key, Cancellation));
        Assert.Equal(0, await store.RemoveAsync([Entry(1, "").Key], Cancellation));
    }

    [Fact]
    public async Task An_expired_entry_is_not_read_and_is_swept_later()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        await using SqliteStore store = await SqliteStore.OpenAsync(FilePath, new SqliteStoreOptions { TimeProvider = time }, Cancellation);
        StoredEntry entry = Entry(1, "a") with { ExpiresAt = time.GetUtcNow() + TimeSpan.FromMinutes(2) };
        await store.SetAsync([entry], Cancellation);
        time.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromTicks(1));
        Assert.NotNull(await store.GetAsync(entry.Key, Cancellation));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await store.GetAsync(entry.Key, Cancellation));
        Assert.Empty(await AllAsync(store));
        await store.SetAsync([Entry(2, "b") with { ExpiresAt = time.GetUtcNow() + TimeSpan.FromDays(1) }], Cancellation);
        Assert.Equal(1, (await store.GetStatisticsAsync(Cancellation)).EntryCount);
    }

    [Fact]
    public async Task Epochs_grow_by_subject_and_last()
    {
        await using (SqliteStore store = await OpenAsync())
        {
            Assert.Equal(1, await store.AdvanceEpochAsync(7, Cancellation));
            Assert.Equal(2, await store.AdvanceEpochAsync(7, Cancellation));
            Assert.Equal(1, await store.AdvanceEpochAsync(UInt128.MaxValue, Cancellation));
        }

        await using SqliteStore again = await OpenAsync();
        IReadOnlyList<StoredEpoch> epochs = await again.GetEpochsAsync(Cancellation);
        Assert.Equal([new StoredEpoch(7, 2), new StoredEpoch(UInt128.MaxValue, 1)], epochs.OrderBy(static epoch => epoch.Subject));
    }

    [Fact]
    public async Task Every_entry_is_enumerated_once_over_many_pages()
    {
        await using SqliteStore store = await OpenAsync();
        await store.SetAsync([.. Enumerable.Range(0, 1_000).Select(i => Entry(i, $"value {i}"))], Cancellation);
        List<StoredEntry> all = await AllAsync(store);
        Assert.Equal(1_000, all.Count);
        Assert.Equal(1_000, all.Select(static entry => entry.Key).Distinct().Count());
        AssertSame(Entry(417, "value 417"), all.Single(static entry => entry.Key.Digest == 417));
    }

    [Fact]
    public async Task Many_callers_write_and_read_at_once()
    {
        await using SqliteStore store = await OpenAsync();
        await Parallel.ForAsync(0, 400, Cancellation, async (i, cancellation) =>
        {
            await store.SetAsync([Entry(i, $"value {i}")], cancellation);
            AssertSame(Entry(i, $"value {i}"), await store.GetAsync(Entry(i, "").Key, cancellation));
        });
        Assert.Equal(400, (await store.GetStatisticsAsync(Cancellation)).EntryCount);
    }

    [Fact]
    public async Task Two_stores_share_one_file()
    {
        await using SqliteStore one = await OpenAsync();
        await using SqliteStore other = await OpenAsync();
        await one.SetAsync([Entry(1, "a")], Cancellation);
        AssertSame(Entry(1, "a"), await other.GetAsync(Entry(1, "").Key, Cancellation));
        Assert.Equal(1, await other.AdvanceEpochAsync(9, Cancellation));
        Assert.Equal(2, await one.AdvanceEpochAsync(9, Cancellation));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_set_aside()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        byte[] foreign = [.. Enumerable.Repeat((byte)'x', 8192)];
        await File.WriteAllBytesAsync(FilePath, foreign, Cancellation);
        await using SqliteStore store = await OpenAsync();
        Assert.NotNull(store.SetAsidePath);
        Assert.Equal(foreign, await File.ReadAllBytesAsync(store.SetAsidePath, Cancellation));
        await store.SetAsync([Entry(1, "a")], Cancellation);
        AssertSame(Entry(1, "a"), await store.GetAsync(Entry(1, "").Key, Cancellation));
    }

    [Fact]
    public async Task Another_programs_database_is_set_aside_untouched()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        await using (var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            await connection.OpenAsync(Cancellation);
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE theirs(x); INSERT INTO theirs VALUES (42)";
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await using SqliteStore store = await OpenAsync();
        await using var aside = new SqliteConnection($"Data Source={store.SetAsidePath};Pooling=False");
        await aside.OpenAsync(Cancellation);
        await using SqliteCommand query = aside.CreateCommand();
        query.CommandText = "SELECT x FROM theirs";
        Assert.Equal(42L, await query.ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task The_file_and_its_directory_are_private_to_their_owner()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix permissions");
        if (OperatingSystem.IsWindows())
            return;
        await using SqliteStore store = await OpenAsync();
        await store.SetAsync([Entry(1, "a")], Cancellation);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(FilePath)!))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(FilePath)!));
    }

    [Fact]
    public async Task After_disposal_every_call_is_refused()
    {
        SqliteStore store = await OpenAsync();
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GetAsync(Entry(1, "").Key, Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.SetAsync([Entry(1, "a")], Cancellation));
    }

    private static StoredEntry Entry(int number, string value)
    {
        var end = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new StoredEntry(new CacheKey(5, (UInt128)number), System.Text.Encoding.UTF8.GetBytes(value), end, end.AddYears(-80));
    }

    private static void AssertSame(StoredEntry expected, StoredEntry? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected with { Value = default }, actual.Value with { Value = default });
        Assert.Equal(expected.Value.ToArray(), actual.Value.Value.ToArray());
    }

    private static async Task<List<StoredEntry>> AllAsync(SqliteStore store)
    {
        var all = new List<StoredEntry>();
        await foreach (StoredEntry entry in store.EnumerateAsync(Cancellation))
            all.Add(entry);
        return all;
    }

    private ValueTask<SqliteStore> OpenAsync() => SqliteStore.OpenAsync(FilePath, cancellationToken: Cancellation);
}
