using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Chat.Tests;

public sealed class RefrainChatClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_second_call_is_a_hit_and_makes_no_upstream_call()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        ChatResponse first = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        ChatResponse second = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);

        Assert.Equal(HitKind.None, first.Outcome().Kind);
        Assert.Equal(HitKind.Exact, second.Outcome().Kind);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Usage?.TotalTokenCount, second.Usage?.TotalTokenCount);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task A_similar_text_is_a_semantic_hit()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder(("What is AI?", "ai"), ("Tell me what AI is", "ai")));
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        ChatResponse first = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        ChatResponse similar = await client.GetResponseAsync("Tell me what AI is", Chats.Cold, Cancellation);
        ChatResponse other = await client.GetResponseAsync("How tall is the Eiffel Tower?", Chats.Cold, Cancellation);

        Assert.Equal(HitKind.Semantic, similar.Outcome().Kind);
        Assert.InRange(similar.Outcome().Similarity, 0.9, 1);
        Assert.Equal(first.Text, similar.Text);
        Assert.Equal(HitKind.None, other.Outcome().Kind);
        Assert.Equal(2, provider.Calls);
    }

    [Theory]
    [InlineData(0f, true)]
    [InlineData(0.1f, true)]
    [InlineData(0.11f, false)]
    [InlineData(0.9f, false)]
    [InlineData(float.NaN, false)]
    public async Task Only_deterministic_requests_are_cached(float temperature, bool cached)
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        await client.GetResponseAsync("What is AI?", new ChatOptions { Temperature = temperature }, Cancellation);
        ChatResponse second = await client.GetResponseAsync("What is AI?", new ChatOptions { Temperature = temperature }, Cancellation);

        Assert.Equal(cached ? HitKind.Exact : HitKind.None, second.Outcome().Kind);
        Assert.Equal(!cached, second.Outcome().Bypassed);
        Assert.Equal(cached ? null : "temperature", second.Outcome().Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_without_a_temperature_is_cached_only_if_the_options_say_so(bool allowed)
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider())
            .UseRefrain(cache, new RefrainChatOptions { CacheWithoutTemperature = allowed }).Build();

        await client.GetResponseAsync("What is AI?", cancellationToken: Cancellation);
        ChatResponse second = await client.GetResponseAsync("What is AI?", cancellationToken: Cancellation);

        Assert.Equal(allowed ? HitKind.Exact : HitKind.None, second.Outcome().Kind);
        Assert.Equal(allowed ? null : "no-temperature", second.Outcome().Reason);
    }

    [Fact]
    public async Task Models_are_cached_separately()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder());
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        foreach (string model in new[] { "gpt-4", "claude-3" })
        {
            ChatResponse response = await client.GetResponseAsync("What is AI?", new ChatOptions { Temperature = 0, ModelId = model }, Cancellation);
            Assert.Equal(HitKind.None, response.Outcome().Kind);
        }

        Assert.Equal(2, provider.Calls);
    }

    [Fact]
    public async Task Providers_on_one_cache_never_answer_for_each_other()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder());
        using IChatClient one = new ChatClientBuilder(new ScriptedProvider("one")).UseRefrain(cache).Build();
        using IChatClient other = new ChatClientBuilder(new ScriptedProvider("other")).UseRefrain(cache).Build();

        await one.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        ChatResponse response = await other.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);

        Assert.Equal(HitKind.None, response.Outcome().Kind);
    }

    [Fact]
    public async Task Tenants_and_namespaces_never_see_each_other()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder());
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();
        using IChatClient named = new ChatClientBuilder(provider).UseRefrain(cache, new RefrainChatOptions { Namespace = "drafts" }).Build();

        await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { Tenant = "a" }), Cancellation);
        ChatResponse b = await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { Tenant = "b" }), Cancellation);
        ChatResponse drafts = await named.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { Tenant = "a" }), Cancellation);
        ChatResponse a = await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { Tenant = "a" }), Cancellation);

        Assert.Equal([HitKind.None, HitKind.None, HitKind.Exact], new[] { b, drafts, a }.Select(response => response.Outcome().Kind));
    }

    [Fact]
    public async Task An_answer_expires_after_the_time_that_the_request_gave_it()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using SemanticCache cache = await Chats.OpenAsync(time: time);
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();
        ChatOptions options = Chats.With(new RefrainRequest { TimeToLive = TimeSpan.FromMinutes(5) });

        await client.GetResponseAsync("What is AI?", options, Cancellation);
        time.Advance(TimeSpan.FromMinutes(4));
        ChatResponse fresh = await client.GetResponseAsync("What is AI?", options, Cancellation);
        time.Advance(TimeSpan.FromMinutes(2));
        ChatResponse late = await client.GetResponseAsync("What is AI?", options, Cancellation);

        Assert.Equal(HitKind.Exact, fresh.Outcome().Kind);
        Assert.Equal(TimeSpan.FromMinutes(4), fresh.Outcome().Age);
        Assert.Equal(HitKind.None, late.Outcome().Kind);
    }

    [Fact]
    public async Task A_request_can_bypass_refresh_and_forbid_storing()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        ChatResponse unstored = await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { NoStore = true }), Cancellation);
        ChatResponse stored = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        ChatResponse bypassed = await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { Bypass = true }), Cancellation);
        ChatResponse hit = await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { NoStore = true }), Cancellation);
        ChatResponse refreshed = await client.GetResponseAsync("What is AI?", Chats.With(new RefrainRequest { Refresh = true }), Cancellation);
        ChatResponse after = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);

        Assert.Equal("answer 1 to What is AI?", unstored.Text);
        Assert.Equal("answer 2 to What is AI?", stored.Text);
        Assert.Equal("answer 3 to What is AI?", bypassed.Text);
        Assert.Equal("requested", bypassed.Outcome().Reason);
        Assert.Equal("answer 2 to What is AI?", hit.Text);
        Assert.Equal("answer 4 to What is AI?", refreshed.Text);
        Assert.Equal("answer 4 to What is AI?", after.Text);
    }

    [Fact]
    public async Task A_request_can_ask_for_exact_hits_only_for_another_threshold_and_for_shadow()
    {
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder(("What is AI?", "ai"), ("Tell me what AI is", "ai")));
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();
        await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);

        ChatResponse exact = await client.GetResponseAsync("Tell me what AI is", Chats.With(new RefrainRequest { ExactOnly = true, NoStore = true }), Cancellation);
        ChatResponse strict = await client.GetResponseAsync("Tell me what AI is", Chats.With(new RefrainRequest { SimilarityThreshold = 0.9999f, NoStore = true }), Cancellation);
        ChatResponse shadow = await client.GetResponseAsync("Tell me what AI is", Chats.With(new RefrainRequest { Shadow = true, NoStore = true }), Cancellation);
        ChatResponse served = await client.GetResponseAsync("Tell me what AI is", Chats.Cold, Cancellation);

        Assert.Equal(HitKind.None, exact.Outcome().Kind);
        Assert.Equal(HitKind.None, strict.Outcome().Kind);
        Assert.Equal(HitKind.None, shadow.Outcome().Kind);
        Assert.Equal(HitKind.Semantic, served.Outcome().Kind);
    }

    [Fact]
    public async Task Answers_are_invalidated_by_the_tags_of_their_requests()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();
        await client.GetResponseAsync("What does it cost?", Chats.With(new RefrainRequest { Tags = ["prices"] }), Cancellation);
        await client.GetResponseAsync("Who are you?", Chats.With(new RefrainRequest { Tags = ["people"] }), Cancellation);

        await cache.InvalidateTagAsync("local", "prices", Cancellation);

        Assert.Equal(HitKind.None, (await client.GetResponseAsync("What does it cost?", Chats.Cold, Cancellation)).Outcome().Kind);
        Assert.Equal(HitKind.Exact, (await client.GetResponseAsync("Who are you?", Chats.Cold, Cancellation)).Outcome().Kind);
    }

    [Fact]
    public async Task The_provider_sees_no_property_of_ours_and_the_callers_options_stay_as_they_were()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider();
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();
        ChatOptions options = Chats.With(new RefrainRequest { Tags = ["t"] });
        options.AdditionalProperties!["theirs"] = 1;

        await client.GetResponseAsync("What is AI?", options, Cancellation);

        Assert.Equal(["theirs"], provider.Seen.Single()!.AdditionalProperties!.Keys);
        Assert.Equal(2, options.AdditionalProperties.Count);
    }

    [Fact]
    public async Task A_stored_answer_may_be_changed_by_its_caller_without_the_next_one_seeing_it()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();
        ChatResponse first = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        ChatResponse second = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        string text = second.Text;
        foreach (ChatResponse response in new[] { first, second })
        {
            response.Messages[0].Contents.Clear();
            response.AdditionalProperties!["mine"] = 1;
        }

        ChatResponse third = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);

        Assert.Equal(text, third.Text);
        Assert.False(third.AdditionalProperties!.ContainsKey("mine"));
    }

    [Fact]
    public async Task A_provider_that_fails_reaches_the_caller_and_stores_nothing()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var provider = new ScriptedProvider { Before = (call, _) => call == 1 ? throw new HttpRequestException("down") : Task.CompletedTask };
        using IChatClient client = new ChatClientBuilder(provider).UseRefrain(cache).Build();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation));
        ChatResponse second = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);

        Assert.Equal(HitKind.None, second.Outcome().Kind);
        Assert.Equal("answer 2 to What is AI?", second.Text);
    }

    [Fact]
    public async Task Malformed_text_goes_to_the_provider_and_past_the_cache()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();

        ChatResponse response = await client.GetResponseAsync("half a \ud83d", Chats.Cold, Cancellation);

        Assert.Equal("refused", response.Outcome().Reason);
    }

    [Fact]
    public async Task A_request_that_asks_nonsense_of_the_cache_is_refused()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        using IChatClient client = new ChatClientBuilder(new ScriptedProvider()).UseRefrain(cache).Build();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetResponseAsync("q", Chats.With(new RefrainRequest { TimeToLive = TimeSpan.Zero }), Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetResponseAsync("q", Chats.With(new RefrainRequest { SimilarityThreshold = float.NaN }), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("q", Chats.With(new RefrainRequest { Tenant = "" }), Cancellation));
    }

    [Fact]
    public async Task Statistics_count_every_request_once_and_savings_are_net_of_embeddings()
    {
        var prices = ModelPrices.Parse("""{ "date": "2026-01-31", "models": { "model-a": { "input": 100000, "output": 200000 } } }""");
        await using SemanticCache cache = await Chats.OpenAsync(new ConceptEmbedder());
        using var client = new RefrainChatClient(
            new ScriptedProvider(), cache, new RefrainChatOptions { Prices = prices, EmbeddingPricePerMillion = 1000 });

        await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        ChatResponse hit = await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        await client.GetResponseAsync("What is AI?", new ChatOptions { Temperature = 1 }, Cancellation);

        ChatStatistics statistics = client.GetStatistics();
        Assert.Equal((3, 1, 1, 1, 1), (statistics.Requests, statistics.ExactHits, statistics.Misses, statistics.Bypassed, statistics.Stored));
        Assert.Equal(0.5, statistics.HitRate);
        Assert.Equal(10 * 0.1m + 6 * 0.2m, hit.Outcome().Saved); // 10 tokens in, 6 words out.
        Assert.Equal(hit.Outcome().Saved, statistics.Saved);
        Assert.Equal(3 * 0.001m, statistics.EmbeddingCost); // 11 bytes are about 3 tokens.
        Assert.Equal(statistics.Saved - statistics.EmbeddingCost, statistics.NetSaved);
    }

    [Fact]
    public async Task A_meter_counts_requests_by_kind_and_answers_that_were_not_stored()
    {
        await using SemanticCache cache = await Chats.OpenAsync();
        var services = new ServiceCollection();
        services.AddMetrics();
        await using ServiceProvider built = services.BuildServiceProvider();
        var factory = built.GetRequiredService<IMeterFactory>();
        using var client = new RefrainChatClient(new ScriptedProvider(), cache, new RefrainChatOptions { MeterFactory = factory });
        using var requests = new MetricCollector<long>(factory, "Refrain.Chat", "refrain.chat.requests");

        for (int i = 0; i < 3; i++) await client.GetResponseAsync("q", Chats.Cold, Cancellation);
        await client.GetResponseAsync("q", Chats.With(new RefrainRequest { Bypass = true }), Cancellation);
        requests.RecordObservableInstruments();

        Assert.Equal(
            ["exact 2", "durable 0", "semantic 0", "miss 1", "bypass 1"],
            requests.GetMeasurementSnapshot().Select(measurement => $"{measurement.Tags[RefrainProperties.Kind]} {measurement.Value}"));
    }

    [Fact]
    public async Task A_miss_embeds_its_text_once()
    {
        var embedder = new ConceptEmbedder();
        await using SemanticCache cache = await Chats.OpenAsync(embedder);
        using var client = new RefrainChatClient(new ScriptedProvider(), cache);

        await client.GetResponseAsync("What is AI?", Chats.Cold, Cancellation);
        await Chats.UntilAsync(() => cache.GetStatistics().IndexedEntries == 1);

        Assert.Equal(1, embedder.Calls);
    }
}
