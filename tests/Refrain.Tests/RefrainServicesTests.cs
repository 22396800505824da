using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>Caches as services of an application.</summary>
public sealed class RefrainServicesTests
{
    [Fact]
    public async Task The_environment_names_set_the_options_and_win_over_the_section()
    {
        await using ServiceProvider services = Build(
            new() { ["Refrain:SimilarityThreshold"] = "0.8", ["CACHE_SEMANTIC_CACHE_THRESHOLD"] = "0.9", ["Refrain:TextBytesMax"] = "4KiB", ["CACHE_TTL"] = "90", ["CACHE_ENABLED"] = "false" },
            static services => services.AddRefrain());
        SemanticCacheOptions options = services.GetRequiredService<IOptionsMonitor<SemanticCacheOptions>>().Get(RefrainServices.DefaultName);
        Assert.Equal(0.9f, options.SimilarityThreshold);
        Assert.Equal(4096, options.TextBytesMax);
        Assert.Equal(TimeSpan.FromSeconds(90), options.TimeToLive);
        Assert.False(options.Enabled);
    }

    [Fact]
    public void Every_option_has_an_environment_name()
    {
        IEnumerable<string> options = typeof(SemanticCacheOptions).GetProperties().Select(static property => property.Name).Where(static name => name != nameof(SemanticCacheOptions.Name));
        Assert.Equal(options.Order(StringComparer.Ordinal), RefrainConfiguration.EnvironmentNames.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("CACHE_SEMANTIC_CACHE_THRESHOLD", "high")]
    [InlineData("CACHE_ENABLED", "perhaps")]
    [InlineData("REFRAIN_TEXT_BYTES_MAX", "99999999999999")]
    [InlineData("REFRAIN_GUARDS", "Everything")]
    public void A_value_that_cannot_be_read_is_named(string key, string value)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { [key] = value }).Build();
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new SemanticCacheOptions().ReadRefrain(configuration));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
        Assert.Contains(value, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_out_of_range_fails_when_the_host_starts()
    {
        await using ServiceProvider services = Build(new() { ["CACHE_SEMANTIC_CACHE_THRESHOLD"] = "1.5" }, static services => services.AddRefrain());
        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains("1.5", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Named_caches_over_one_store_share_no_answer()
    {
        var store = new MemoryStore();
        await using ServiceProvider services = Build([], collection => collection.AddRefrain("a").AddRefrain("b").AddSingleton<IDurableStore>(store));
        NamedCaches caches = services.GetRequiredService<NamedCaches>();
        SemanticCache a = await caches.GetAsync("a", TestContext.Current.CancellationToken);
        SemanticCache b = await caches.GetAsync("b", TestContext.Current.CancellationToken);
        Assert.Same(a, await caches.GetAsync("a", TestContext.Current.CancellationToken));
        await a.SetAsync(Ask("q"), Bytes("of a"));
        await a.FlushAsync(TestContext.Current.CancellationToken);
        Assert.False((await b.GetAsync(Ask("q"))).IsHit);
        await b.InvalidateAllAsync(TestContext.Current.CancellationToken);
        Assert.True((await a.GetAsync(Ask("q"))).IsHit);
        Assert.Equal(0, b.GetStatistics().EntriesRejected);
    }

    [Fact]
    public async Task A_cache_takes_the_store_and_embedder_registered_under_its_name()
    {
        var store = new MemoryStore();
        await using ServiceProvider services = Build([], collection => collection.AddRefrain("a").AddKeyedSingleton<IDurableStore>("a", store)
            .AddKeyedSingleton<Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>>>("a", new WordEmbedder()));
        SemanticCache cache = await services.GetRequiredService<NamedCaches>().GetAsync("a", TestContext.Current.CancellationToken);
        await cache.SetAsync(Ask("q"), Bytes("x"));
        await cache.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, (await store.GetStatisticsAsync(TestContext.Current.CancellationToken)).EntryCount);
        Assert.Equal("words", cache.EmbeddingSpace?.Model);
    }

    private static ServiceProvider Build(Dictionary<string, string?> settings, Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        add(services);
        return services.BuildServiceProvider();
    }
}
