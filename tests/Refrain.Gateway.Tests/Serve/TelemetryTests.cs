namespace Refrain.Gateway.Tests;

/// <summary>Alone in its process's time: OpenTelemetry listens to every meter of a name, whichever gateway it belongs to.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TelemetryTests
{
    private const string Capital = "What is the capital of France?";

    [Fact]
    public async Task Metrics_statistics_and_the_page_tell_what_happened()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Capital));
        await gateway.AskAsync(RunningGateway.Question(Capital));
        await gateway.AskAsync(RunningGateway.Question(Capital));
        await gateway.AskAsync(RunningGateway.Question(Capital, more: "\"temperature\":1"));
        await gateway.AskAsync("{}");
        await gateway.AskAsync(RunningGateway.Question("whats the capital of france"));

        string metrics = await gateway.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(1, MetricOf(metrics, "refrain_gateway_requests_total", "cache=\"miss\"", "status=\"200\""));
        Assert.Equal(2, MetricOf(metrics, "refrain_gateway_requests_total", "cache=\"exact\"", "status=\"200\""));
        Assert.Equal(1, MetricOf(metrics, "refrain_gateway_requests_total", "cache=\"semantic\"", "status=\"200\""));
        Assert.Equal(1, MetricOf(metrics, "refrain_gateway_requests_total", "cache=\"bypass\"", "status=\"200\""));
        Assert.Equal(1, MetricOf(metrics, "refrain_gateway_requests_total", "cache=\"none\"", "status=\"400\""));
        Assert.Equal(2, MetricOf(metrics, "refrain_lookups_total", "refrain_kind=\"exact\""));
        Assert.True(MetricOf(metrics, "refrain_money_saved_total") > 0);
        Assert.DoesNotContain("capital", metrics, StringComparison.OrdinalIgnoreCase);

        string stats = await gateway.Http.GetStringAsync("/stats", TestContext.Current.CancellationToken);
        Assert.Contains("\"exactHits\":2", stats, StringComparison.Ordinal);
        Assert.DoesNotContain("capital", stats, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<title>Refrain</title>", await gateway.Http.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("""{"status":"ok"}""", await gateway.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
    }

    private static double MetricOf(string metrics, string name, params string[] tags) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && tags.All(tag => line.Contains(tag, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0]));
}
