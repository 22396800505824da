using System.Globalization;
using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>Tenants who ask the same, with the same vector, of the same Redis: whatever tier answers, and after whatever restart, each gets its own.</summary>
public sealed class TenantTests(RedisFixture redis)
{
    private const int TenantCount = 5;
    private const int TextCount = 20;

    private static readonly int LookupCount = int.Parse(Environment.GetEnvironmentVariable("REFRAIN_TENANT_LOOKUPS") ?? "20000", CultureInfo.InvariantCulture);

    private static readonly EmbeddingSpace Space = new() { Model = "tenants", Dimensions = 64, SimilarityThreshold = 0.9f };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Method: each answer says whose it is. The last tenant has stored nothing, and may never get anything. With REFRAIN_TENANT_LOOKUPS there are so many lookups.
    [Fact]
    public async Task No_tenant_ever_gets_another_tenants_answer_from_any_tier()
    {
        RedisStoreOptions options = redis.Options();
        await using (RedisStore store = await RedisFixture.ConnectAsync(options))
        {
            await using SemanticCache cache = await OpenAsync(store);
            for (int tenant = 0; tenant < TenantCount - 1; tenant++)
            {
                for (int text = 0; text < TextCount; text++)
                    await cache.SetAsync(Query(tenant, $"question {text}", text), Encoding.UTF8.GetBytes($"{tenant}/{text}"), cancellationToken: Cancellation);
            }

            await cache.FlushAsync(Cancellation);
        }

        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var kinds = new int[4];
        int wrong = 0;
        const int Restarts = 4;
        for (int restart = 0; restart < Restarts; restart++)
        {
            await using RedisStore store = await RedisFixture.ConnectAsync(options);
            await using SemanticCache cache = await OpenAsync(store);
            await RedisFixture.WaitUntilAsync(() => cache.GetStatistics().IndexedEntries == (TenantCount - 1) * TextCount);
            for (int i = 0; i < LookupCount / Restarts; i++)
            {
                int tenant = random.Next(TenantCount);
                int text = random.Next(TextCount);
                CacheQuery query = random.Next(2) == 0 ? Query(tenant, $"question {text}", text) : Query(tenant, "asked in other words", text);
                CacheResult result = await cache.GetAsync(query, Cancellation);
                kinds[(int)result.Kind]++;
                if (result.IsHit ? result.GetString() != $"{tenant}/{text}" : tenant != TenantCount - 1) wrong++;
            }
        }

        string summary = $"seed {seed}: {LookupCount} lookups, {kinds[(int)HitKind.Exact]} exact, {kinds[(int)HitKind.Durable]} durable, {kinds[(int)HitKind.Semantic]} semantic, {kinds[(int)HitKind.None]} none, {wrong} wrong";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(wrong == 0 && Array.TrueForAll(kinds, static count => count > 0), summary);
    }

    private static async Task<SemanticCache> OpenAsync(RedisStore store)
    {
        SemanticCache cache = await SemanticCache.OpenAsync(
            new SemanticCacheOptions { DurableTimeout = TimeSpan.FromMinutes(1) }, store, services: new SemanticCacheServices { EmbeddingSpace = Space }, cancellationToken: Cancellation);
        await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
        return cache;
    }

    private static CacheQuery Query(int tenant, string text, int direction)
    {
        var vector = new float[64];
        vector[direction] = 1;
        return new CacheQuery(CacheScope.Create($"tenant {tenant}", ("model", "m")), text) { Embedding = vector, Policy = new HitPolicy { Guards = Guards.None } };
    }
}
