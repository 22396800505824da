using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>What a cache tells about itself.</summary>
public sealed class CacheMeterTests
{
    [Fact]
    public async Task Lookups_are_counted_by_kind_and_stages_are_timed()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder(), services: new SemanticCacheServices { MeterFactory = factory });
        var longs = new Dictionary<string, long>(StringComparer.Ordinal);
        var timed = new Dictionary<string, int>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == "Refrain" && instrument.Meter.Scope == factory)
                me.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => longs[instrument.Name + "/" + Tag(tags, "refrain.kind")] = value);
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => timed[instrument.Name] = timed.GetValueOrDefault(instrument.Name) + 1);
        listener.Start();

        await cache.SetAsync(Ask("please tell me what is the capital of France"), Bytes("Paris"), new CacheEntryOptions { Cost = 0.5m });
        await cache.GetAsync(Ask("please tell me what is the capital of France"));
        await cache.GetAsync(Ask("tell me what is the capital of France"));
        await cache.GetAsync(Ask("something else entirely"));
        listener.RecordObservableInstruments();

        Assert.Equal(1, longs["refrain.lookups/exact"]);
        Assert.Equal(1, longs["refrain.lookups/semantic"]);
        Assert.Equal(1, longs["refrain.lookups/miss"]);
        Assert.Equal(0, longs["refrain.lookups/durable"]);
        Assert.Equal(3, timed["refrain.embed.duration"]);
        Assert.Equal(2, timed["refrain.semantic.duration"]);

        // One more where the comparison of index and store, which runs behind every opening, met the entry on its way.
        Assert.InRange(timed["refrain.durable.duration"], 2, 3);
        Assert.Equal(1m, cache.GetStatistics().Saved);
    }

    [Fact]
    public async Task A_failing_tier_degrades_the_health_and_says_which()
    {
        var embedder = new WordEmbedder { Failure = new IOException("down") };
        await using SemanticCache cache = await OpenAsync(embedder: embedder);
        var check = new SemanticCacheHealthCheck(cache);
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken)).Status);
        for (int i = 0; i < 3; i++)
            await cache.GetAsync(Ask($"question {i}"));
        HealthCheckResult result = await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Contains("embedder", result.Description, StringComparison.Ordinal);
    }

    private static string Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach ((string key, object? value) in tags)
        {
            if (key == name)
                return (string)value!;
        }

        return "";
    }
}
