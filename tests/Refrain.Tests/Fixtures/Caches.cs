using System.Text;

namespace Refrain.Tests;

internal static class Caches
{
    internal static CacheScope Scope { get; } = CacheScope.Create("tenant", ("model", "m-1"), ("system", "You are brief."));

    internal static CacheQuery Ask(string text) => new(Scope, text);

    internal static CacheQuery AskExactly(string text) => new(Scope, text) { Policy = HitPolicy.ExactOnly };

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static ValueTask<SemanticCache> OpenAsync(
        IDurableStore? store = null, WordEmbedder? embedder = null, SemanticCacheOptions? options = null, SemanticCacheServices? services = null) =>
        SemanticCache.OpenAsync(options ?? new SemanticCacheOptions(), store ?? new MemoryStore(), embedder, services, TestContext.Current.CancellationToken);
}
