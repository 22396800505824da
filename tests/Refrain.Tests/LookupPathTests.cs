using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Time.Testing;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>What the cache answers, tier by tier.</summary>
public sealed class LookupPathTests
{
    [Fact]
    public async Task A_question_never_asked_is_a_miss()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        CacheResult result = await cache.GetAsync(Ask("What is the capital of France?"));
        Assert.False(result.IsHit);
        Assert.Equal(HitKind.None, result.Kind);
        Assert.True(result.Payload.IsEmpty);
        Assert.True(float.IsNaN(result.Similarity));
        Assert.Equal(128, result.Embedding.Length);
    }

    [Fact]
    public async Task The_same_question_again_is_an_exact_match()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("What is the capital of France?"), Bytes("Paris"));
        CacheResult result = await cache.GetAsync(Ask("What is the capital of France?"));
        Assert.Equal(HitKind.Exact, result.Kind);
        Assert.Equal("Paris", result.GetString());
        Assert.Equal(1, result.Similarity);
    }

    // Goal: an answer of any length reaches a writer whole, whatever room the writer gives at once, and a miss writes nothing.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task A_hit_is_written_straight_to_a_buffer_writer(int length)
    {
        await using SemanticCache cache = await OpenAsync();
        byte[] answer = [.. Enumerable.Range(0, length).Select(static i => (byte)(i * 7))];
        await cache.SetAsync(Ask("q"), answer);
        CacheResult hit = await cache.GetAsync(Ask("q"));
        var writer = new ArrayBufferWriter<byte>();
        writer.Write("before "u8);
        hit.WriteTo(writer);
        (await cache.GetAsync(Ask("another"))).WriteTo(writer);
        Assert.Equal([.. "before "u8, .. answer], writer.WrittenSpan);
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 512, pauseWriterThreshold: 0));
        hit.WriteTo(pipe.Writer);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(answer, await BytesOfAsync(pipe.Reader));
        Assert.Throws<ArgumentNullException>(() => hit.WriteTo(null!));
    }

    [Fact]
    public async Task The_same_meaning_in_other_words_is_a_semantic_match()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("please tell me what is the capital of France"), Bytes("Paris"));
        CacheResult result = await cache.GetAsync(Ask("tell me what is the capital of France"));
        Assert.Equal(HitKind.Semantic, result.Kind);
        Assert.Equal("Paris", result.GetString());
        Assert.InRange(result.Similarity, 0.8f, 0.9999f);
    }

    [Fact]
    public async Task An_entry_of_the_store_is_a_durable_hit_in_another_process_and_exact_from_then_on()
    {
        var store = new MemoryStore();
        var embedder = new WordEmbedder();
        await using (SemanticCache first = await OpenAsync(store, embedder))
        {
            await first.SetAsync(Ask("What is the capital of France?"), Bytes("Paris"));
            await first.FlushAsync(TestContext.Current.CancellationToken);
        }

        await using SemanticCache second = await OpenAsync(store);
        Assert.Equal(HitKind.Durable, (await second.GetAsync(Ask("What is the capital of France?"))).Kind);
        Assert.Equal(HitKind.Exact, (await second.GetAsync(Ask("What is the capital of France?"))).Kind);
        Assert.Equal(1, embedder.Calls);
    }

    [Fact]
    public async Task An_answer_ends_with_its_time_to_live()
    {
        var time = new FakeTimeProvider();
        await using SemanticCache cache = await OpenAsync(new MemoryStore(time), services: new SemanticCacheServices { TimeProvider = time });
        await cache.SetAsync(Ask("q"), Bytes("a"), new CacheEntryOptions { TimeToLive = TimeSpan.FromMinutes(5) });
        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.True((await cache.GetAsync(Ask("q"))).IsHit);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False((await cache.GetAsync(Ask("q"))).IsHit);
    }

    [Fact]
    public async Task Another_model_is_another_question()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(new CacheQuery(CacheScope.Create("t", ("model", "a")), "hello there"), Bytes("x"));
        CacheResult result = await cache.GetAsync(new CacheQuery(CacheScope.Create("t", ("model", "b")), "hello there"));
        Assert.False(result.IsHit);
    }

    [Fact]
    public async Task A_paraphrase_in_another_tenant_is_a_miss()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(new CacheQuery(CacheScope.Create("a"), "hello there you"), Bytes("x"));
        Assert.False((await cache.GetAsync(new CacheQuery(CacheScope.Create("b"), "hello there you"))).IsHit);
        Assert.True((await cache.GetAsync(new CacheQuery(CacheScope.Create("a"), "there hello you"))).IsHit);
    }

    [Fact]
    public async Task A_near_text_with_another_number_is_refused_by_its_guard()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("how do I repay a loan of 500 euros over ten years"), Bytes("x"));
        CacheResult result = await cache.GetAsync(Ask("how do I repay a loan of 900 euros over ten years"));
        Assert.False(result.IsHit);
        Assert.NotEqual(Guards.None, result.RefusedBy);
        Assert.InRange(result.Similarity, 0.8f, 1);
    }

    [Fact]
    public async Task Made_once_and_hit_on_the_second_call()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        int calls = 0;
        ValueTask<CacheAnswer> Make(CancellationToken _) => new(new CacheAnswer(Bytes($"made {++calls}"), new CacheEntryOptions { Cost = 0.25m }));
        CacheResult first = await cache.GetOrCreateAsync(Ask("q"), Make);
        CacheResult second = await cache.GetOrCreateAsync(Ask("q"), Make);
        Assert.False(first.IsHit);
        Assert.Equal("made 1", first.GetString());
        Assert.Equal(HitKind.Exact, second.Kind);
        Assert.Equal("made 1", second.GetString());
        CacheStatistics statistics = cache.GetStatistics();
        Assert.Equal(0.25m, statistics.Spent);
        Assert.Equal(0.25m, statistics.Saved);
        Assert.Equal(0.5, statistics.HitRate);
    }

    [Fact]
    public async Task What_was_removed_is_a_miss_in_every_tier()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("hello there you"), Bytes("x"));
        await cache.FlushAsync(TestContext.Current.CancellationToken);
        Assert.True(await cache.RemoveAsync(Ask("hello there you")));
        Assert.False((await cache.GetAsync(Ask("hello there you"))).IsHit);
        Assert.False((await cache.GetAsync(Ask("there hello you"))).IsHit);
        Assert.False(await cache.RemoveAsync(Ask("hello there you")));
    }

    [Fact]
    public async Task Texts_go_in_and_come_out_as_texts()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Scope, "What is the capital of France?", "Paris – naturally");
        Assert.Equal("Paris – naturally", (await cache.GetAsync(Scope, "What is the capital of France?")).GetString());
        CacheResult made = await cache.GetOrCreateAsync(Scope, "something else", static _ => new("made"), new CacheEntryOptions { Cost = 1 });
        Assert.Equal("made", made.GetString());
        Assert.Equal(1, (await cache.GetAsync(Scope, "something else")).Saved);
    }

    [Fact]
    public async Task In_shadow_mode_a_semantic_hit_is_counted_and_not_served()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        await cache.SetAsync(Ask("maple river stone"), Bytes("x"));
        CacheResult result = await cache.GetAsync(Ask("stone river maple") with { Policy = new HitPolicy { Shadow = true } });
        Assert.False(result.IsHit);
        Assert.InRange(result.Similarity, 0.999f, 1.001f);
        Assert.Equal((1, 1, 0), (cache.GetStatistics().ShadowHits, cache.GetStatistics().Misses, cache.GetStatistics().SemanticHits));
        Assert.True((await cache.GetAsync(Ask("maple river stone") with { Policy = new HitPolicy { Shadow = true } })).IsHit);
    }

    [Fact]
    public async Task An_exact_hit_allocates_nothing()
    {
        await using SemanticCache cache = await OpenAsync();
        foreach (int length in new[] { 1, 64, 1_024, 16_384 })
        {
            CacheQuery query = Ask(new string('q', length));
            await cache.SetAsync(query, new byte[2_048], new CacheEntryOptions { Cost = 0.01m });
            Assert.Equal(0, AllocatedByHits(cache, query));
        }
    }

    private static long AllocatedByHits(SemanticCache cache, CacheQuery query)
    {
        long least = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                ValueTask<CacheResult> lookup = cache.GetAsync(query);
                if (!lookup.IsCompletedSuccessfully || !lookup.GetAwaiter().GetResult().IsHit)
                    throw new InvalidOperationException("An exact hit completes at once.");
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    [Fact]
    public async Task A_disabled_cache_misses_and_stores_nothing()
    {
        var store = new MemoryStore();
        await using SemanticCache cache = await OpenAsync(store, new WordEmbedder(), new SemanticCacheOptions { Enabled = false });
        await cache.SetAsync(Ask("q"), Bytes("a"));
        await cache.FlushAsync(TestContext.Current.CancellationToken);
        Assert.False((await cache.GetAsync(Ask("q"))).IsHit);
        Assert.Equal(0, (await store.GetStatisticsAsync(TestContext.Current.CancellationToken)).EntryCount);
    }

    private static async Task<byte[]> BytesOfAsync(PipeReader reader)
    {
        ReadResult read = await reader.ReadAsync(TestContext.Current.CancellationToken);
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(TestContext.Current.CancellationToken);
        }

        return read.Buffer.ToArray();
    }
}
