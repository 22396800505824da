namespace Refrain.Gateway.Tests;

/// <summary>An upstream that fails, lies, or stops half-way: the caller is told, and nothing of it is kept.</summary>
public sealed class UpstreamFailureTests
{
    private const string Good = """{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"good"},"finish_reason":"stop"}]}""";
    private const string Start = """{"id":"x","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"half"}}]}""";
    private const string Finish = """{"id":"x","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData(400, """{"error":{"message":"bad tool","type":"invalid_request_error","param":"tools","code":"x"}}""", "bad tool")]
    [InlineData(404, """{"error":{"message":"no such model","type":"invalid_request_error"}}""", "no such model")]
    [InlineData(422, "<html>what</html>", "422")]
    public async Task A_refusal_reaches_the_caller_as_the_upstream_put_it_and_is_not_stored(int status, string body, string expected)
    {
        int calls = 0;
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((_, response) =>
            Interlocked.Increment(ref calls) == 1 ? ScriptedUpstream.WriteJsonAsync(response, status, body) : ScriptedUpstream.WriteJsonAsync(response, 200, Good));
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"));
        GatewayAnswer refused = await gateway.AskAsync(RunningGateway.Question("Hi", "m"));
        Assert.Equal(status, refused.Status);
        Assert.Contains(expected, (string?)refused.Json["error"]!["message"], StringComparison.Ordinal);
        GatewayAnswer next = await gateway.AskAsync(RunningGateway.Question("Hi", "m"));
        Assert.Equal((200, "miss"), (next.Status, next.Cache));
    }

    [Fact]
    public async Task A_failure_that_passes_is_tried_again_and_the_caller_never_knows()
    {
        int calls = 0;
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((_, response) =>
            Interlocked.Increment(ref calls) == 1 ? ScriptedUpstream.WriteJsonAsync(response, 503, "{}") : ScriptedUpstream.WriteJsonAsync(response, 200, Good));
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"));
        Assert.Equal("good", (await gateway.AskAsync(RunningGateway.Question("Hi", "m"))).Text);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task The_next_upstream_answers_where_the_first_cannot()
    {
        await using ScriptedUpstream first = await ScriptedUpstream.StartAsync((_, response) => ScriptedUpstream.WriteJsonAsync(response, 401, "{}"));
        await using ScriptedUpstream second = await ScriptedUpstream.StartAsync(Good);
        await using RunningGateway gateway = await RunningGateway.StartAsync(
            (SettingNames.UpstreamUrl, first.Url), (SettingNames.UpstreamApiKey, "k1"), ("REFRAIN_UPSTREAM_2_URL", second.Url), ("REFRAIN_UPSTREAM_2_API_KEY", "k2"));
        Assert.Equal("good", (await gateway.AskAsync(RunningGateway.Question("Hi", "m"))).Text);
        Assert.Equal("Bearer k2", Assert.Single(second.Calls).Authorization);
    }

    [Fact]
    public async Task A_rate_limit_on_the_callers_own_key_is_told_at_once_with_its_wait()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((_, response) =>
        {
            response.Headers.RetryAfter = "7";
            return ScriptedUpstream.WriteJsonAsync(response, 429, """{"error":{"message":"slow down","type":"rate_limit_error"}}""");
        });
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        GatewayAnswer answer = await gateway.AskAsync(RunningGateway.Question("Hi", "m"), ("Authorization", "Bearer caller"));
        Assert.Equal((429, "7"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Single(upstream.Calls);
    }

    [Fact]
    public async Task A_refused_key_of_the_gateways_own_is_no_fault_of_the_caller_and_never_shown()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((_, response) =>
            ScriptedUpstream.WriteJsonAsync(response, 401, """{"error":{"message":"Incorrect API key provided: sk-canary-1234.","type":"x"}}"""));
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "sk-canary-1234"));
        GatewayAnswer answer = await gateway.AskAsync(RunningGateway.Question("Hi", "m"));
        Assert.Equal(502, answer.Status);
        Assert.DoesNotContain("canary", answer.Body, StringComparison.Ordinal);
        Assert.Contains(SettingNames.UpstreamApiKey, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task A_redirect_is_not_followed_and_carries_no_key_away(int status)
    {
        await using ScriptedUpstream elsewhere = await ScriptedUpstream.StartAsync(Good);
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((_, response) =>
        {
            response.StatusCode = status;
            response.Headers.Location = elsewhere.Url + "/chat/completions";
            return Task.CompletedTask;
        });
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"));
        Assert.Equal(502, (await gateway.AskAsync(RunningGateway.Question("Hi", "m"))).Status);
        Assert.Empty(elsewhere.Calls);
    }

    [Theory]
    [InlineData("no mark of the end", Start, Finish)]
    [InlineData("no finish", Start)]
    [InlineData("an error half-way", Start, """{"error":{"message":"overloaded"}}""")]
    [InlineData("no JSON half-way", Start, "oops")]
    [InlineData("half a surrogate", Start, """{"id":"x","choices":[{"index":0,"delta":{"content":"\ud800"}}]}""")]
    public async Task A_stream_that_does_not_come_to_its_end_is_not_stored_and_not_passed_off_as_whole(string why, params string[] events)
    {
        int calls = 0;
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(async (_, response) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                await ScriptedUpstream.WriteEventsAsync(response, events);
            else
                await ScriptedUpstream.WriteEventsAsync(response, Start, Finish, "[DONE]");
        });
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"));
        string body = RunningGateway.Question("Hi", "m", "\"temperature\":0,\"stream\":true");
        GatewayAnswer broken = await gateway.AskAsync(body);
        Assert.True(broken.Events[^1] != "[DONE]" && broken.Body.Contains("\"error\"", StringComparison.Ordinal), $"{why}: {broken.Body}");
        Assert.Equal("miss", (await gateway.AskAsync(body)).Cache);
        Assert.Equal("exact", (await gateway.AskAsync(body)).Cache);
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":"cut"},"finish_reason":"length"}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":"bad"},"finish_reason":"content_filter"}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":null}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I will not."},"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""")]
    public async Task Truncated_filtered_empty_refused_and_calling_answers_pass_but_are_not_stored(string answer)
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(answer);
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url));
        for (int i = 0; i < 2; i++)
        {
            GatewayAnswer received = await gateway.AskAsync(RunningGateway.Question("Hi", "m"));
            Assert.Equal((200, "miss"), (received.Status, received.Cache));
        }
        Assert.Equal(2, upstream.Calls.Count);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"error":{"message":"in a 200"}}""")]
    public async Task What_is_no_answer_is_a_bad_gateway(string answer)
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((_, response) => ScriptedUpstream.WriteJsonAsync(response, 200, answer));
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"));
        Assert.Equal(502, (await gateway.AskAsync(RunningGateway.Question("Hi", "m"))).Status);
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_a_bad_gateway_and_hits_go_on()
    {
        using var data = new TemporaryDirectory();
        string url;
        await using (ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(Good))
        {
            url = upstream.Url;
            await using RunningGateway before = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, url), (SettingNames.Data, data.Path));
            await before.AskAsync(RunningGateway.Question("Hi", "m"));
        }
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, url), (SettingNames.Data, data.Path));
        Assert.Equal("durable", (await gateway.AskAsync(RunningGateway.Question("Hi", "m"))).Cache);
        Assert.Equal(502, (await gateway.AskAsync(RunningGateway.Question("Something else?", "m"))).Status);
    }

    [Fact]
    public async Task An_upstream_that_takes_too_long_is_a_gateway_timeout()
    {
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync((call, _) => Task.Delay(Timeout.Infinite, call.Aborted));
        await using RunningGateway gateway = await RunningGateway.StartAsync(
            (SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"), (SettingNames.UpstreamTimeoutSeconds, "1"));
        Assert.Equal(504, (await gateway.AskAsync(RunningGateway.Question("Hi", "m"))).Status);
    }

    [Fact]
    public async Task One_upstream_call_answers_all_who_ask_the_same_at_once()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(async (_, response) =>
        {
            await gate.Task;
            await ScriptedUpstream.WriteJsonAsync(response, 200, Good);
        });
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.UpstreamUrl, upstream.Url), (SettingNames.UpstreamApiKey, "k"));
        Task<GatewayAnswer>[] asked = [.. Enumerable.Range(0, 20).Select(_ => gateway.AskAsync(RunningGateway.Question("Hi", "m")))];
        while (upstream.Calls.IsEmpty)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        gate.SetResult();
        GatewayAnswer[] answers = await Task.WhenAll(asked);
        Assert.All(answers, answer => Assert.Equal("good", answer.Text));
        Assert.Single(upstream.Calls);
    }
}
