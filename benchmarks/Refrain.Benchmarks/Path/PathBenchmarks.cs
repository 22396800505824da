using BenchmarkDotNet.Attributes;

namespace Refrain.Benchmarks;

/// <summary>
/// The path of a request: what an exact hit, a semantic hit and a miss cost the caller, beyond the provider. A thousand answers of 2 KiB are stored;
/// the semantic query and the miss carry their embedding, so that no embedder's time is in the figure.
/// </summary>
public class PathBenchmarks
{
    private const int EntryCount = 1000;
    private const int Dimensions = 256;
    private const int PayloadSize = 2048;
    private const int Seed = 20_251_122;

    private MemoryStore _store = null!;
    private SemanticCache _cache = null!;
    private CacheQuery _known;
    private CacheQuery _near;
    private CacheQuery _unknown;

    /// <summary>Fills the cache, and makes sure that each query is answered by the tier that it is named after.</summary>
    [GlobalSetup]
    public async Task SetUp()
    {
        _store = new MemoryStore();
        SemanticCacheServices services = new() { EmbeddingSpace = new() { Model = "benchmark", Dimensions = Dimensions, SimilarityThreshold = 0.9f } };
        _cache = await SemanticCache.OpenAsync(new SemanticCacheOptions(), _store, services: services);
        Random random = new(Seed);
        CacheScope scope = CacheScope.Create("benchmark", ("model", "m-1"), ("system", "You are brief."));
        byte[] payload = new byte[PayloadSize];
        float[] vector = [];
        for (int i = 0; i < EntryCount; i++)
        {
            vector = RandomVector(random);
            await _cache.SetAsync(new CacheQuery(scope, TextOf(i)) { Embedding = vector }, payload);
        }

        await _cache.FlushAsync();
        _known = new CacheQuery(scope, TextOf(EntryCount - 1));
        float[] near = [.. vector.Select(number => number + (0.01f * (float)(random.NextDouble() - 0.5)))];
        _near = new CacheQuery(scope, "How much is question nine hundred and ninety nine in the benchmark of the path, please?") { Embedding = near, Policy = new HitPolicy { Guards = Guards.None } };
        _unknown = new CacheQuery(scope, "A question that nobody has asked yet, about as long as the others are.") { Embedding = RandomVector(random) };
        Demand(HitKind.Exact, await _cache.GetAsync(_known));
        Demand(HitKind.Semantic, await _cache.GetAsync(_near));
        Demand(HitKind.None, await _cache.GetAsync(_unknown));
    }

    /// <summary>Closes the cache.</summary>
    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _cache.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>The same question again.</summary>
    [Benchmark]
    public ValueTask<CacheResult> ExactHit() => _cache.GetAsync(_known);

    /// <summary>Another question with an embedding near enough.</summary>
    [Benchmark]
    public ValueTask<CacheResult> SemanticHit() => _cache.GetAsync(_near);

    /// <summary>A question that no tier knows: table, store and index were asked.</summary>
    [Benchmark]
    public ValueTask<CacheResult> Miss() => _cache.GetAsync(_unknown);

    private static string TextOf(int number) => $"What is the answer to question number {number} of the benchmark of the path, in one sentence?";

    private static float[] RandomVector(Random random) => [.. Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() - 0.5))];

    private static void Demand(HitKind expected, CacheResult result)
    {
        if (result.Kind != expected)
            throw new InvalidOperationException($"The benchmark measures the wrong thing: {result.Kind} instead of {expected}.");
    }
}
