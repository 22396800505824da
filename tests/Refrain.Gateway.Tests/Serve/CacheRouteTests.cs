using System.Net;
using System.Text.Json.Nodes;

namespace Refrain.Gateway.Tests;

/// <summary>Callers who outdate what is theirs.</summary>
public sealed class CacheRouteTests
{
    private const string Question = "What is the capital of France?";
    private const string Other = "How many bytes has a kibibyte?";

    [Fact]
    public async Task A_tag_outdates_the_answers_that_carry_it_and_no_others()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Question), ("X-Refrain-Tags", "places, europe"));
        await gateway.AskAsync(RunningGateway.Question(Other), ("X-Refrain-Tags", "sizes"));
        (HttpStatusCode status, JsonNode body) = await DeleteAsync(gateway, "/v1/cache?tag=europe&tag=nothing");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("tag", (string?)body["outdated"]);
        Assert.Equal(["europe", "nothing"], body["tags"]!.AsArray().Select(tag => (string?)tag));
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(Question))).Cache);
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question(Other))).Cache);
    }

    [Fact]
    public async Task Without_a_tag_all_that_is_the_callers_is_outdated_and_nobody_elses()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync(("REFRAIN_API_KEYS", "one,two"));
        (string, string) one = ("Authorization", "Bearer one"), two = ("Authorization", "Bearer two"), part = ("X-Refrain-Tenant", "customer-7");
        await gateway.AskAsync(RunningGateway.Question(Question), one);
        await gateway.AskAsync(RunningGateway.Question(Question), one, part);
        await gateway.AskAsync(RunningGateway.Question(Question), two);
        (HttpStatusCode status, JsonNode body) = await DeleteAsync(gateway, "/v1/cache", one);
        Assert.Equal((HttpStatusCode.OK, "all"), (status, (string?)body["outdated"]));
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question(Question), two)).Cache);
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question(Question), one, part)).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(Question), one)).Cache);
    }

    [Fact]
    public async Task What_was_outdated_stays_so_after_a_restart()
    {
        using var directory = new TemporaryDirectory();
        await using (RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.Data, directory.Path)))
        {
            await gateway.AskAsync(RunningGateway.Question(Question), ("X-Refrain-Tags", "places"));
            await DeleteAsync(gateway, "/v1/cache?tag=places");
        }
        await using RunningGateway again = await RunningGateway.StartAsync((SettingNames.Data, directory.Path));
        Assert.Equal("miss", (await again.AskAsync(RunningGateway.Question(Question))).Cache);
    }

    [Theory]
    [InlineData("/v1/cache?tags=places", "tags")]
    [InlineData("/v1/cache?tag=", "tag")]
    [InlineData("/v1/cache?tag=places&dry=1", "dry")]
    public async Task A_parameter_that_makes_no_sense_outdates_nothing(string route, string param)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Question), ("X-Refrain-Tags", "places"));
        (HttpStatusCode status, JsonNode body) = await DeleteAsync(gateway, route);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(param, (string?)body["error"]!["param"]);
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question(Question))).Cache);
    }

    [Theory]
    [InlineData("whats the capital of france", "semantic")]
    [InlineData(Question, "exact")]
    public async Task A_wrong_answer_that_is_reported_is_not_given_again(string asked, string given)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Question));
        Assert.Equal(given, (await gateway.AskAsync(RunningGateway.Question(asked))).Cache);
        Assert.Equal("""{"reported":true}""", await ReportAsync(gateway, RunningGateway.Question(asked)));
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(asked))).Cache);
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question(asked))).Cache);
    }

    [Fact]
    public async Task What_the_cache_would_not_have_answered_cannot_be_reported()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        Assert.Equal("""{"reported":false}""", await ReportAsync(gateway, RunningGateway.Question(Other)));
        JsonNode refused = JsonNode.Parse(await ReportAsync(gateway, "{"))!;
        Assert.NotNull(refused["error"]!["message"]);
    }

    [Fact]
    public async Task A_stranger_outdates_nothing()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync(("REFRAIN_API_KEYS", "one"));
        (HttpStatusCode status, _) = await DeleteAsync(gateway, "/v1/cache", ("Authorization", "Bearer stranger"));
        Assert.Equal(HttpStatusCode.Unauthorized, status);
    }

    [Fact]
    public async Task While_Redis_is_away_requests_are_answered_and_health_says_degraded()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync(("CACHE_REDIS_URL", "redis://127.0.0.1:1"), ("REFRAIN_DRAIN_TIMEOUT", "0.2"));
        await gateway.AskAsync(RunningGateway.Question(Question));
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question(Question))).Cache);
        JsonNode health = JsonNode.Parse(await gateway.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken))!;
        Assert.Equal("degraded", (string?)health["status"]);
    }

    private static async Task<string> ReportAsync(RunningGateway gateway, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Http.PostAsync("/v1/cache/wrong", content, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> DeleteAsync(RunningGateway gateway, string route, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(HttpMethod.Delete, route);
        foreach ((string name, string value) in headers)
            message.Headers.Add(name, value);
        using HttpResponseMessage response = await gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }
}
