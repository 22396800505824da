using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>What is refused, and that a refusal changes nothing.</summary>
public sealed class BadInputTests
{
    private const int Dimensions = 128;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, float[]> BadVectors()
    {
        var data = new TheoryData<string, float[]>();
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            foreach (int at in new[] { 0, 1, Dimensions / 2, Dimensions - 1 })
            {
                float[] vector = WordEmbedder.Embed("maple river stone", Dimensions);
                vector[at] = bad;
                data.Add($"{bad} at {at}", vector);
            }
        }

        foreach (int length in new[] { 1, 2, Dimensions - 1, Dimensions + 1, Dimensions * 2 })
            data.Add($"{length} dimensions", WordEmbedder.Embed("maple river stone", length));
        foreach (float norm in new[] { 0, -0.0f, float.Epsilon, 1e-40f, 1e-30f, 1e-20f, 1e20f, 1e30f, float.MaxValue })
            data.Add($"every number {norm}", [.. Enumerable.Repeat(norm, Dimensions)]);
        return data;
    }

    [Theory]
    [MemberData(nameof(BadVectors))]
    public async Task An_embedding_that_is_none_is_refused_at_store_and_at_query_and_changes_nothing(string name, float[] vector)
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder(Dimensions));
        await cache.SetAsync(Ask("maple river stone"), Bytes("x"), null, Cancellation);
        await cache.FlushAsync(Cancellation);
        CacheStatistics before = cache.GetStatistics();
        CacheQuery query = new(Scope, "stone river maple") { Embedding = vector };
        foreach (HitPolicy policy in new[] { HitPolicy.Default, HitPolicy.ExactOnly })
        {
            Assert.Throws<ArgumentException>(() => Discard(cache.GetAsync(new CacheQuery(Scope, "maple river stone") { Embedding = vector, Policy = policy }, Cancellation)));
            Assert.Throws<ArgumentException>(() => Discard(cache.GetAsync(query with { Policy = policy }, Cancellation)));
        }

        Assert.Contains("embedding", Assert.Throws<ArgumentException>(() => Discard(cache.GetAsync(query, Cancellation))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Discard(cache.SetAsync(query, Bytes("y"), null, Cancellation)));
        Assert.Throws<ArgumentException>(() => Discard(cache.GetOrCreateAsync(query, static _ => throw new InvalidOperationException("Not to be called."), Cancellation)));
        Assert.Equal(before, cache.GetStatistics());
        Assert.Equal(HitKind.Semantic, (await cache.GetAsync(Ask("stone river maple"), Cancellation)).Kind);
        Assert.NotEmpty(name);
    }

    // Goal: a bad embedding is refused on every way, even where no tier would have read it. Method: a cache that is off, and a text that is too long.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 100)]
    public async Task An_embedding_that_is_none_is_refused_even_where_nothing_would_be_asked(bool enabled, int length)
    {
        await using SemanticCache cache = await OpenAsync(options: new() { Enabled = enabled, TextBytesMax = 50 }, embedder: new WordEmbedder(Dimensions));
        Assert.Throws<ArgumentException>(() => Discard(cache.GetAsync(new CacheQuery(Scope, new string('x', length)) { Embedding = new float[3] }, Cancellation)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1.001f)]
    [InlineData(-1.001f)]
    [InlineData(float.PositiveInfinity)]
    public async Task A_threshold_that_is_no_cosine_is_refused(float threshold)
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        CacheQuery query = new(Scope, "x") { Policy = new HitPolicy { SimilarityThreshold = threshold } };
        await Assert.ThrowsAsync<ArgumentException>(async () => await cache.GetAsync(query, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(async () => await OpenAsync(options: new SemanticCacheOptions { SimilarityThreshold = threshold }));
    }

    [Fact]
    public void An_empty_text_or_scope_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new CacheQuery(Scope, ""));
        Assert.Throws<ArgumentNullException>(() => new CacheQuery(Scope, null!));
        Assert.Throws<ArgumentNullException>(() => new CacheQuery(null!, "x"));
        Assert.Throws<ArgumentException>(() => CacheScope.Create(""));
    }

    [Fact]
    public async Task A_query_that_was_never_made_is_refused()
    {
        await using SemanticCache cache = await OpenAsync();
        Assert.Throws<ArgumentNullException>(() => Discard(cache.GetAsync(default, Cancellation)));
        Assert.Throws<ArgumentNullException>(() => Discard(cache.SetAsync(default, Bytes("x"), null, Cancellation)));
    }

    [Fact]
    public async Task A_text_or_answer_that_is_too_long_is_neither_hashed_embedded_nor_stored()
    {
        var embedder = new WordEmbedder();
        await using SemanticCache cache = await OpenAsync(embedder: embedder, options: new SemanticCacheOptions { TextBytesMax = 100, PayloadBytesMax = 100 });
        string[] texts = [new('x', 101), new('é', 51), new('x', 50_000_000)];
        foreach (string text in texts)
        {
            await cache.SetAsync(Ask(text), Bytes("a"), null, Cancellation);
            Assert.False((await cache.GetAsync(Ask(text), Cancellation)).IsHit);
            Assert.Equal("made", (await cache.GetOrCreateAsync(Ask(text), static _ => new(new CacheAnswer(Bytes("made"))), Cancellation)).GetString());
        }

        await cache.SetAsync(Ask("x"), new byte[101], null, Cancellation);
        Assert.False((await cache.GetAsync(AskExactly("x"), Cancellation)).IsHit);
        Assert.Equal(0, embedder.Calls);
        Assert.Equal(0, cache.GetStatistics().ExactEntries);
        await cache.SetAsync(Ask(new string('é', 50)), new byte[100], null, Cancellation);
        Assert.True((await cache.GetAsync(Ask(new string('é', 50)), Cancellation)).IsHit);
    }

    [Fact]
    public async Task Options_of_an_entry_out_of_range_are_refused_and_store_nothing()
    {
        await using SemanticCache cache = await OpenAsync();
        CacheEntryOptions[] bad =
        [
            new() { TimeToLive = TimeSpan.Zero }, new() { TimeToLive = TimeSpan.FromTicks(-1) }, new() { Cost = -0.01m }, new() { Tags = [""] }, new() { Tags = null! },
            new() { Tags = [.. Enumerable.Range(0, 65).Select(static i => $"{i}")] },
        ];
        foreach (CacheEntryOptions options in bad)
            Assert.Throws<ArgumentException>(() => Discard(cache.SetAsync(Ask("q"), Bytes("x"), options, Cancellation)));
        Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task Options_of_a_cache_out_of_range_are_refused_by_name()
    {
        (string Name, SemanticCacheOptions Options)[] bad =
        [
            ("Name", new() { Name = "../x" }), ("ExactBytesMax", new() { ExactBytesMax = -1 }), ("TimeToLive", new() { TimeToLive = TimeSpan.Zero }),
            ("TextBytesMax", new() { TextBytesMax = 0 }), ("PayloadBytesMax", new() { PayloadBytesMax = int.MaxValue }), ("EmbedTimeout", new() { EmbedTimeout = TimeSpan.FromDays(-1) }),
            ("WriteBackBytesMax", new() { WriteBackBytesMax = 0 }), ("Guards", new() { Guards = (Guards)(1 << 30) }), ("SimilarityThreshold", new() { SimilarityThreshold = 0 }),
            ("EmbeddingMemoBytesMax", new() { EmbeddingMemoBytesMax = -1 }), ("Namespace", new() { Namespace = null! }), ("TimeToLiveMax", new() { TimeToLiveMax = TimeSpan.MaxValue }),
        ];
        foreach ((string name, SemanticCacheOptions options) in bad)
            Assert.Contains(name, (await Assert.ThrowsAsync<ArgumentException>(async () => await OpenAsync(options: options))).Message, StringComparison.Ordinal);
    }

    /// <summary>Never reached: the call that makes its argument throws before it returns a task.</summary>
    private static void Discard(ValueTask task) => Assert.Fail($"Accepted: {task.IsCompleted}");

    private static void Discard(ValueTask<CacheResult> task) => Assert.Fail($"Accepted: {task.IsCompleted}");
}
