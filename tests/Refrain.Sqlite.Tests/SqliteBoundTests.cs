using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Sqlite.Tests;

/// <summary>How large the file becomes, what goes when it is full, and what an old or a damaged file costs.</summary>
public sealed class SqliteBoundTests : IDisposable
{
    private const int ValueSize = 2_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("refrain-bound-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_directory, "cache.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // Goal: ten times what fits leaves the file within its bound, and what stays is what was used last. Method: the first entries are read again and again while others come.
    [Fact]
    public async Task A_full_file_keeps_its_bound_and_what_was_used_last()
    {
        const long BytesMax = 2 * 1024 * 1024;
        await using SqliteStore store = await OpenAsync(BytesMax);
        await store.SetAsync([.. Enumerable.Range(0, 50).Select(Entry)], Cancellation);
        for (int batch = 1; batch <= 200; batch++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            for (int hot = 0; hot < 50; hot++) Assert.NotNull(await store.GetAsync(KeyOf(hot), Cancellation));
            await store.SetAsync([.. Enumerable.Range(batch * 50, 50).Select(Entry)], Cancellation);
            Assert.True(new FileInfo(FilePath).Length <= BytesMax * 1.25, $"After {batch} batches the file has {new FileInfo(FilePath).Length} bytes.");
        }

        DurableStatistics statistics = await store.GetStatisticsAsync(Cancellation);
        Assert.InRange(statistics.EntryCount, 300, 1_000);
        Assert.NotNull(await store.GetAsync(KeyOf(10_049), Cancellation));
        Assert.Null(await store.GetAsync(KeyOf(100), Cancellation));
    }

    [Fact]
    public async Task Without_a_bound_nothing_goes()
    {
        await using SqliteStore store = await OpenAsync(bytesMax: null);
        for (int batch = 0; batch < 20; batch++) await store.SetAsync([.. Enumerable.Range(batch * 100, 100).Select(Entry)], Cancellation);
        Assert.Equal(2_000, (await store.GetStatisticsAsync(Cancellation)).EntryCount);
    }

    [Fact]
    public async Task A_bound_that_is_lowered_is_kept_from_the_next_start_without_any_write()
    {
        await using (SqliteStore store = await OpenAsync(bytesMax: null)) await store.SetAsync([.. Enumerable.Range(0, 2_000).Select(Entry)], Cancellation);

        await using SqliteStore smaller = await OpenAsync(SqliteStoreOptions.BytesMin);
        await smaller.RemoveAsync([KeyOf(0)], Cancellation);
        for (int i = 0; i < 18_000 && (await smaller.GetStatisticsAsync(Cancellation)).EntryCount > 500; i++) await Task.Delay(10, Cancellation);
        Assert.InRange((await smaller.GetStatisticsAsync(Cancellation)).EntryCount, 100, 500);
    }

    [Fact]
    public async Task A_file_of_the_first_version_is_taken_over_with_its_entries()
    {
        await using (var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            await connection.OpenAsync(Cancellation);
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"""
                CREATE TABLE entries(key BLOB NOT NULL PRIMARY KEY, expires INTEGER NOT NULL, created INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
                CREATE TABLE epochs(subject BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE secrets(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
                INSERT INTO secrets VALUES ('seed', x'0102030405060708');
                INSERT INTO entries VALUES ($key, {_time.GetUtcNow().AddDays(1).UtcTicks}, 1, x'AABB');
                PRAGMA application_id={SqliteFile.ApplicationId};
                PRAGMA user_version=1;
                """;
            command.Parameters.AddWithValue("$key", SqliteKeys.Of(KeyOf(1)));
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await using SqliteStore store = await OpenAsync(SqliteStoreOptions.BytesMin);

        Assert.Null(store.SetAsidePath);
        Assert.Equal(0x0807060504030201ul, await store.GetSeedAsync(Cancellation));
        Assert.Equal([0xAA, 0xBB], Assert.NotNull(await store.GetAsync(KeyOf(1), Cancellation)).Value.ToArray());
        await store.SetAsync([Entry(2)], Cancellation);
        Assert.NotNull(await store.GetAsync(KeyOf(2), Cancellation));
    }

    // Goal: a page that was overwritten is noticed at the start, not by the lookup that hits it. Method: the file's middle is filled with zeros.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_with_a_damaged_page_is_set_aside_where_it_is_checked(bool isChecked)
    {
        await using (SqliteStore store = await OpenAsync(bytesMax: null)) await store.SetAsync([.. Enumerable.Range(0, 500).Select(Entry)], Cancellation);
        await using (FileStream file = File.OpenWrite(FilePath))
        {
            file.Position = file.Length / 2 / 4_096 * 4_096;
            file.Write(new byte[8 * 4_096]);
        }

        await using SqliteStore again = await SqliteStore.OpenAsync(FilePath, new SqliteStoreOptions { ChecksAtOpen = isChecked, TimeProvider = _time }, Cancellation);

        Assert.Equal(isChecked, again.SetAsidePath is not null);
        Assert.Equal(isChecked, File.Exists(again.SetAsidePath));
        if (isChecked) Assert.Equal(0, (await again.GetStatisticsAsync(Cancellation)).EntryCount);
    }

    [Fact]
    public async Task A_budget_is_never_overdrawn_lasts_over_a_restart_and_begins_anew_with_its_window()
    {
        await using (SqliteStore store = await OpenAsync(bytesMax: null))
        {
            var budget = new SqliteBudget(store, "money", 10m);
            bool[] drawn = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => budget.TryDrawAsync("2026-05", 0.06m, Cancellation).AsTask()));
            Assert.Equal(166, drawn.Count(static one => one));
            await budget.GiveBackAsync("2026-05", 0.96m, Cancellation);
            await budget.GiveBackAsync("never drawn from", 5m, Cancellation);
            Assert.False(await budget.TryDrawAsync("", 10.000001m, Cancellation));
        }

        await using SqliteStore again = await OpenAsync(bytesMax: null);
        var same = new SqliteBudget(again, "money", 10m);
        Assert.Equal(9m, await same.GetDrawnAsync("2026-05", Cancellation));
        Assert.False(await same.TryDrawAsync("2026-05", 1.000001m, Cancellation));
        Assert.True(await same.TryDrawAsync("2026-06", 10m, Cancellation));
        Assert.True(await same.TryDrawAsync("", 10m, Cancellation));
        Assert.Equal(0m, await new SqliteBudget(again, "other", 10m).GetDrawnAsync("2026-05", Cancellation));

        _time.Advance(TimeSpan.FromDays(63));
        Assert.True(await same.TryDrawAsync("2026-07", 1m, Cancellation));
        Assert.Equal(0m, await same.GetDrawnAsync("2026-05", Cancellation));
        Assert.Equal(10m, await same.GetDrawnAsync("", Cancellation));
    }

    private ValueTask<SqliteStore> OpenAsync(long? bytesMax) =>
        SqliteStore.OpenAsync(FilePath, new SqliteStoreOptions { BytesMax = bytesMax, TimeProvider = _time, BusyTimeout = TimeSpan.FromSeconds(30) }, Cancellation);

    private static CacheKey KeyOf(int number) => new(7, (UInt128)number);

    private StoredEntry Entry(int number) => new(KeyOf(number), new byte[ValueSize], _time.GetUtcNow().AddDays(1), _time.GetUtcNow());
}
