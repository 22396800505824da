using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Refrain.Gateway.Tests;

/// <summary>What upstreams may cost.</summary>
public sealed class BudgetTests
{
    // A token costs a millionth of what a million cost: one of input 1, one of output 2; the upstream's answers have 10 and 5.
    private const string Prices = """{"date":"2026-01-31","models":{"priced":{"input":1000000,"output":2000000}}}""";
    private const string Answer = """
        {"id":"1","object":"chat.completion","model":"priced","choices":[{"index":0,"message":{"role":"assistant","content":"So."},"finish_reason":"stop"}],
         "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}
        """;

    [Fact]
    public async Task A_request_that_does_not_fit_is_refused_before_it_is_sent_and_hits_are_served_on()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(AnswerAsync);
        using var directory = new TemporaryDirectory();
        await using RunningGateway gateway = await StartAsync(upstream, directory, ("REFRAIN_BUDGET", "1000"));
        GatewayAnswer first = await gateway.AskAsync(Question("one", 100));
        Assert.Equal((200, "miss"), (first.Status, first.Cache));
        Assert.Equal((20m, 0m), await SpentAsync(gateway));

        GatewayAnswer tooMuch = await gateway.AskAsync(Question("two", 500));
        Assert.Equal(429, tooMuch.Status);
        Assert.Equal("insufficient_quota", (string?)tooMuch.Json["error"]!["code"]);
        Assert.InRange(double.Parse(tooMuch.Headers["Retry-After"]), 1, 31 * 86_400);
        Assert.Single(upstream.Calls);
        Assert.Equal((20m, 0m), await SpentAsync(gateway));

        Assert.Equal("exact", (await gateway.AskAsync(Question("one", 100))).Cache);
        Assert.Equal(200, (await gateway.AskAsync(Question("three", 100))).Status);
        Assert.Equal((40m, 0m), await SpentAsync(gateway));
    }

    [Fact]
    public async Task A_caller_cannot_spend_anothers_share_nor_get_a_new_one_by_a_new_name()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(AnswerAsync);
        using var directory = new TemporaryDirectory();
        await using RunningGateway gateway = await StartAsync(upstream, directory, ("REFRAIN_BUDGET_CALLER", "300"), ("REFRAIN_BUDGET_WINDOW", "total"), ("REFRAIN_API_KEYS", "one,two"));
        (string, string) one = ("Authorization", "Bearer one"), two = ("Authorization", "Bearer two");
        int served = 0;
        GatewayAnswer last = await gateway.AskAsync(Question("0", 50), one);
        for (; last.Status == 200; last = await gateway.AskAsync(Question($"{served}", 50), one, ("X-Refrain-Tenant", $"part-{served}")))
            served++;
        Assert.InRange(served, 2, 15);
        Assert.Equal(429, last.Status);
        Assert.False(last.Headers.ContainsKey("Retry-After"));
        Assert.Equal(200, (await gateway.AskAsync(Question("0", 50), two)).Status);
    }

    [Fact]
    public async Task What_was_spent_is_remembered_over_a_restart()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(AnswerAsync);
        using var directory = new TemporaryDirectory();
        (string, string)[] settings = [("REFRAIN_BUDGET", "150"), (SettingNames.Data, Path.Combine(directory.Path, "data"))];
        int[] served = new int[3];
        for (int start = 0; start < served.Length; start++)
        {
            await using RunningGateway gateway = await StartAsync(upstream, directory, settings);
            while ((await gateway.AskAsync(Question($"number {served[start]} of start {start}", 20))).Status == 200)
                served[start]++;
        }

        Assert.True(served[0] > 0);
        Assert.Equal((0, 0), (served[1], served[2]));
        Assert.Equal(served[0], upstream.Calls.Count);
    }

    [Fact]
    public async Task A_model_without_a_price_is_not_asked()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(AnswerAsync);
        using var directory = new TemporaryDirectory();
        await using RunningGateway gateway = await StartAsync(upstream, directory, ("REFRAIN_BUDGET", "1000000"));
        GatewayAnswer refused = await gateway.AskAsync(RunningGateway.Question("one", "unpriced"));
        Assert.Equal(400, refused.Status);
        Assert.Contains("unpriced", (string?)refused.Json["error"]!["message"], StringComparison.Ordinal);
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData("REFRAIN_BUDGET", "10", "REFRAIN_UPSTREAM_URL")]
    [InlineData("REFRAIN_BUDGET_CALLER", "10", "REFRAIN_UPSTREAM_URL")]
    [InlineData("REFRAIN_BUDGET", "-1", "REFRAIN_BUDGET")]
    [InlineData("REFRAIN_BUDGET", "NaN", "REFRAIN_BUDGET")]
    [InlineData("REFRAIN_BUDGET_WINDOW", "3", "REFRAIN_BUDGET_WINDOW")]
    [InlineData("REFRAIN_BUDGET_WINDOW", "week", "REFRAIN_BUDGET_WINDOW")]
    public async Task A_budget_that_cannot_be_kept_is_refused_at_start(string name, string value, string named)
    {
        SettingsException refused = await Assert.ThrowsAsync<SettingsException>(() => RunningGateway.StartAsync((name, value)));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_without_prices_is_refused_at_start()
    {
        SettingsException refused = await Assert.ThrowsAsync<SettingsException>(() => RunningGateway.StartAsync(("REFRAIN_BUDGET", "1"), ("REFRAIN_UPSTREAM_URL", "http://127.0.0.1:1/v1")));
        Assert.Contains("REFRAIN_PRICES", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<RunningGateway> StartAsync(ScriptedUpstream upstream, TemporaryDirectory directory, params (string Name, string Value)[] settings)
    {
        string prices = Path.Combine(directory.Path, "prices.json");
        await File.WriteAllTextAsync(prices, Prices, TestContext.Current.CancellationToken);
        return await RunningGateway.StartAsync([.. settings, ("REFRAIN_UPSTREAM_URL", upstream.Url), ("REFRAIN_PRICES", prices)]);
    }

    private static string Question(string text, int tokensMax) => RunningGateway.Question(text, "priced", $"\"temperature\":0,\"max_tokens\":{tokensMax}");

    private static Task AnswerAsync(UpstreamCall call, HttpResponse response)
    {
        response.ContentType = "application/json";
        return response.WriteAsync(Answer, TestContext.Current.CancellationToken);
    }

    private static async Task<(decimal Spent, decimal Reserved)> SpentAsync(RunningGateway gateway)
    {
        JsonNode budget = JsonNode.Parse(await gateway.Http.GetStringAsync("/stats", TestContext.Current.CancellationToken))!["budget"]!;
        return ((decimal)budget["spent"]!, (decimal)budget["reserved"]!);
    }
}
