using System.Text;
using Microsoft.Extensions.Logging.Testing;

namespace Refrain.Sqlite.Tests;

/// <summary>With keys of tenants nothing of a request, its answer or its vector stands in the clear in any file or log, and a tenant whose key is destroyed is erased.</summary>
public sealed class SealedStoreTests : IDisposable
{
    private const string Canary = "canary-7f3a-of-a-prompt";
    private const string AnswerCanary = "canary-91bc-of-an-answer";

    private readonly string _directory = Directory.CreateTempSubdirectory("refrain-sealed-").FullName;
    private readonly FakeLogCollector _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static EmbeddingSpace Space => new() { Model = "sealed", Dimensions = 64 };

    private string StorePath => Path.Combine(_directory, "store", "cache.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_file_and_no_log_holds_a_canary_unless_nothing_is_encrypted(bool isSealed)
    {
        await using (SqliteStore store = await SqliteStore.OpenAsync(StorePath, cancellationToken: Cancellation))
        {
            await using SemanticCache cache = await OpenAsync(store, isSealed ? new TenantKeyDirectory(KeyPath) : null);
            await cache.SetAsync(Query("tenant"), Encoding.UTF8.GetBytes(AnswerCanary), new CacheEntryOptions { Tags = ["canary-tag"] }, Cancellation);
            await cache.FlushAsync(Cancellation);
            Assert.False(ContainsCanary("nothing"));

            // While the store is open its journal holds the newest.
            Assert.Equal(!isSealed, ContainsCanary(Canary) || ContainsCanary(AnswerCanary) || ContainsVector());
        }

        // A canary that is never found shows nothing: without keys each of them is.
        Assert.Equal(!isSealed, ContainsCanary(Canary));
        Assert.Equal(!isSealed, ContainsCanary(AnswerCanary));
        Assert.Equal(!isSealed, ContainsVector());
        Assert.DoesNotContain(_log.GetSnapshot(), static record => record.Message.Contains("canary", StringComparison.Ordinal) || record.Exception?.ToString().Contains("canary", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task An_encrypted_store_is_read_after_a_restart_and_a_tenant_whose_key_is_destroyed_is_gone_from_it()
    {
        var keys = new TenantKeyDirectory(KeyPath);
        await using SqliteStore store = await SqliteStore.OpenAsync(StorePath, cancellationToken: Cancellation);
        await using (SemanticCache cache = await OpenAsync(store, keys))
        {
            await cache.SetAsync(Query("mine"), "mine"u8.ToArray(), cancellationToken: Cancellation);
            await cache.SetAsync(Query("other's"), "other's"u8.ToArray(), cancellationToken: Cancellation);
        }

        await using (SemanticCache cache = await OpenAsync(store, keys))
        {
            Assert.Equal(HitKind.Durable, (await cache.GetAsync(Query("mine") with { Policy = HitPolicy.ExactOnly }, Cancellation)).Kind);
            for (int i = 0; i < 18_000 && cache.GetStatistics().IndexedEntries < 2; i++) await Task.Delay(10, Cancellation);
            Assert.Equal(HitKind.Semantic, (await cache.GetAsync(Query("other's", "in other words"), Cancellation)).Kind);
        }

        Assert.True(keys.Destroy("mine"));

        await using (SemanticCache cache = await OpenAsync(store, keys))
        {
            Assert.False((await cache.GetAsync(Query("mine"), Cancellation)).IsHit);
            Assert.Equal("other's", (await cache.GetAsync(Query("other's"), Cancellation)).GetString());
        }
    }

    [Fact]
    public async Task What_belongs_to_a_tenant_without_a_key_is_served_from_memory_dropped_from_the_queue_and_never_stored()
    {
        await using SqliteStore store = await SqliteStore.OpenAsync(StorePath, cancellationToken: Cancellation);
        await using SemanticCache cache = await OpenAsync(store, new NoKeys());
        await cache.SetAsync(Query("tenant"), "kept in memory"u8.ToArray(), cancellationToken: Cancellation);
        await cache.FlushAsync(Cancellation);

        Assert.Equal("kept in memory", (await cache.GetAsync(Query("tenant"), Cancellation)).GetString());
        Assert.Equal(0, (await store.GetStatisticsAsync(Cancellation)).EntryCount);
        CacheStatistics statistics = cache.GetStatistics();
        Assert.Equal((1, 0, 1, 0), (statistics.WritesIssued, statistics.WritesStored, statistics.WritesDropped, statistics.WritesPending));
    }

    [Fact]
    public async Task A_directory_for_the_index_is_refused_beside_keys()
    {
        await using var store = new MemoryStore();
        await Assert.ThrowsAsync<ArgumentException>(async () => await SemanticCache.OpenAsync(
            new SemanticCacheOptions { DataDirectory = _directory }, store, services: new SemanticCacheServices { TenantKeys = new NoKeys() }, cancellationToken: Cancellation));
    }

    private string KeyPath => Path.Combine(_directory, "keys");

    private static CacheQuery Query(string tenant, string text = Canary) =>
        new(CacheScope.Create(tenant, ("system", Canary)), text) { Embedding = Vector, Policy = new HitPolicy { Guards = Guards.None } };

    private static float[] Vector => [.. Enumerable.Range(0, 64).Select(static i => (float)Math.Sin(i + 1))];

    private ValueTask<SemanticCache> OpenAsync(SqliteStore store, ITenantKeys? keys) => SemanticCache.OpenAsync(
        new SemanticCacheOptions { CompressAboveBytes = keys is null ? null : 100, DurableTimeout = TimeSpan.FromSeconds(30) }, store,
        services: new SemanticCacheServices { EmbeddingSpace = Space, TenantKeys = keys, LoggerFactory = new Microsoft.Extensions.Logging.LoggerFactory([new FakeLoggerProvider(_log)]) },
        cancellationToken: Cancellation);

    private bool ContainsCanary(string canary) => Files().Any(file => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)) >= 0);

    /// <summary>The numbers as entries carry them: a few in a row are as good as a text.</summary>
    private bool ContainsVector()
    {
        double length = Math.Sqrt(Vector.Sum(static number => (double)number * number));
        var bytes = new byte[16];
        for (int i = 0; i < 8; i++) System.Buffers.Binary.BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), (Half)(Vector[i] * (1 / length)));
        return Files().Any(file => file.AsSpan().IndexOf(bytes) >= 0);
    }

    private List<byte[]> Files()
    {
        List<byte[]> files = [];
        foreach (string path in Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            files.Add(bytes);
        }

        return files;
    }

    private sealed class NoKeys : ITenantKeys
    {
        public TenantKey? For(string tenant) => null;

        public TenantKey? Find(string id) => null;
    }
}
