using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>With keys of tenants nothing of a request, its answer, its tags or its vector stands in the clear in anything Redis is told, holds or writes to its disk.</summary>
public sealed class SealedRedisTests : IDisposable
{
    private const string Canary = "canary-7f3a-of-a-prompt";
    private const string AnswerCanary = "canary-91bc-of-an-answer";
    private const string TagCanary = "canary-55d0-of-a-tag";
    private const string TenantCanary = "canary-tenant";

    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("refrain-keys-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static float[] Vector => [.. Enumerable.Range(0, 64).Select(static i => (float)Math.Sin(i + 1))];

    public void Dispose() => _keys.Delete(recursive: true);

    // Method: everything that Redis hears (MONITOR), its dump and its append-only file are searched; and all of it again without keys, where every canary but the hashed ones must be found.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_command_no_dump_and_no_log_of_redis_holds_a_canary_unless_nothing_is_encrypted(bool isSealed)
    {
        await using RedisServer server = await RedisFixture.ServerAsync(["--appendonly", "yes", "--appendfsync", "always", "--rdbcompression", "no"]);
        using var monitor = new TcpClient();
        await monitor.ConnectAsync(IPAddress.Loopback, server.Port, Cancellation);
        await monitor.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray(), Cancellation);
        var heard = new MemoryStream();
        Task listening = monitor.GetStream().CopyToAsync(heard, Cancellation);

        await using (RedisStore store = await RedisFixture.ConnectAsync(RedisFixture.OptionsFor(server.Endpoint)))
        {
            await using SemanticCache cache = await SemanticCache.OpenAsync(
                new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30), CompressAboveBytes = isSealed ? 100 : null }, store,
                services: new SemanticCacheServices
                {
                    EmbeddingSpace = new EmbeddingSpace { Model = "sealed", Dimensions = 64 },
                    TenantKeys = isSealed ? new TenantKeyDirectory(_keys.FullName) : null,
                },
                cancellationToken: Cancellation);
            await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
            await cache.SetAsync(Query(Canary), Encoding.UTF8.GetBytes(AnswerCanary), new CacheEntryOptions { Tags = [TagCanary] }, Cancellation);
            await cache.FlushAsync(Cancellation);
            await cache.GetAsync(Query("canary of another question"), Cancellation);
            Assert.Equal("+OK", await server.AskAsync("SAVE"));
            await cache.InvalidateTagAsync(TenantCanary, TagCanary, Cancellation);
            await cache.RemoveAsync(Query(Canary), Cancellation);
            await cache.FlushAsync(Cancellation);
        }

        monitor.Client.Shutdown(SocketShutdown.Send);
        await listening;
        byte[][] places = [heard.ToArray(), .. Directory.EnumerateFiles(server.Directory, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes)];
        Assert.True(places.Length >= 3, "A dump and an append-only file are expected.");
        Assert.Contains("evalsha", Encoding.Latin1.GetString(places[0]), StringComparison.OrdinalIgnoreCase);
        foreach (string canary in new[] { Canary, AnswerCanary, TenantCanary }) Assert.Equal(!isSealed, places.Any(place => Holds(place, Encoding.UTF8.GetBytes(canary))));
        Assert.Equal(!isSealed, places.Any(static place => Holds(place, VectorBytes())));
        Assert.DoesNotContain(places, static place => Holds(place, Encoding.UTF8.GetBytes(TagCanary)));
    }

    // Goal: erasing a tenant is destroying its key, whatever copies of Redis there are. Method: a dump taken before is restored after.
    [Fact]
    public async Task A_tenant_whose_key_is_destroyed_does_not_come_back_with_a_restored_dump()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint);
        var keys = new TenantKeyDirectory(_keys.FullName);
        await using (RedisStore store = await RedisFixture.ConnectAsync(options))
        {
            await using SemanticCache cache = await OpenAsync(store, keys);
            await cache.SetAsync(Query("q"), "mine"u8.ToArray(), cancellationToken: Cancellation);
            await cache.SetAsync(Query("q", "other"), "other's"u8.ToArray(), cancellationToken: Cancellation);
            await cache.FlushAsync(Cancellation);
        }

        Assert.Equal("+OK", await server.AskAsync("SAVE"));
        Assert.True(keys.Destroy(TenantCanary));
        await server.KillAsync();
        await server.StartAgainAsync();

        await using RedisStore restored = await RedisFixture.ConnectAsync(options);
        await using SemanticCache later = await OpenAsync(restored, keys);
        Assert.Equal("other's", (await later.GetAsync(Query("q", "other"), Cancellation)).GetString());
        Assert.False((await later.GetAsync(Query("q"), Cancellation)).IsHit);
    }

    private static async Task<SemanticCache> OpenAsync(RedisStore store, ITenantKeys keys)
    {
        SemanticCache cache = await SemanticCache.OpenAsync(
            new SemanticCacheOptions { DurableTimeout = TimeSpan.FromSeconds(30) }, store,
            services: new SemanticCacheServices { EmbeddingSpace = new EmbeddingSpace { Model = "sealed", Dimensions = 64 }, TenantKeys = keys }, cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
        return cache;
    }

    private static CacheQuery Query(string text, string tenant = TenantCanary) =>
        new(CacheScope.Create(tenant, ("system", Canary)), text) { Embedding = Vector, Policy = HitPolicy.ExactOnly };

    private static bool Holds(byte[] place, byte[] canary) => place.AsSpan().IndexOf(canary) >= 0;

    /// <summary>The first numbers as entries carry them: a few in a row are as good as a text.</summary>
    private static byte[] VectorBytes()
    {
        double length = Math.Sqrt(Vector.Sum(static number => (double)number * number));
        var bytes = new byte[16];
        for (int i = 0; i < 8; i++) BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), (Half)(Vector[i] * (1 / length)));
        return bytes;
    }
}
