namespace Refrain.Gateway.Tests;

/// <summary>What a newcomer sees with curl.</summary>
public sealed class ServingTests
{
    private const string Capital = "What is the capital of France?";

    [Fact]
    public async Task A_first_question_misses_and_the_same_again_hits_exactly()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        GatewayAnswer first = await gateway.AskAsync(RunningGateway.Question(Capital));
        GatewayAnswer second = await gateway.AskAsync(RunningGateway.Question(Capital));
        Assert.Equal((200, "miss"), (first.Status, first.Cache));
        Assert.Equal((200, "exact"), (second.Status, second.Cache));
        Assert.Equal(first.Body, second.Body);
        Assert.Contains("demo model", second.Text, StringComparison.Ordinal);
        Assert.True(decimal.Parse(second.Headers["X-Refrain-Saved"]) > 0);
        Assert.True(double.Parse(second.Headers["X-Refrain-Age"]) >= 0);
        Assert.False(first.Headers.ContainsKey("X-Refrain-Saved"));
    }

    [Theory]
    [InlineData("""{"model":"demo-large","messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0}""")]
    [InlineData("""{"model":"demo-small","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is the capital of France?"}],"temperature":0}""")]
    [InlineData("""{"model":"demo-small","messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0.05}""")]
    [InlineData("""{"model":"demo-small","messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0,"max_tokens":500}""")]
    [InlineData("""{"model":"demo-small","messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0,"vendor_extension":true}""")]
    public async Task Another_model_or_parameter_or_system_prompt_misses(string other)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Capital));
        Assert.Equal("miss", (await gateway.AskAsync(other)).Cache);
    }

    [Theory]
    [InlineData("gpt-4o", "\"temperature\":0")]
    [InlineData("demo-large", "\"temperature\":0,\"stream\":true")]
    [InlineData("any-name", "\"temperature\":0,\"stream\":true")]
    public async Task Under_any_model_name_the_demo_saves_money(string model, string more)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Capital, model, more));
        GatewayAnswer hit = await gateway.AskAsync(RunningGateway.Question(Capital, model, more));
        Assert.Equal("exact", hit.Cache);
        Assert.True(decimal.Parse(hit.Headers["X-Refrain-Saved"]) > 0);
    }

    [Theory]
    [InlineData("\"temperature\":0.9", "bypass")]
    [InlineData("\"temperature\":null", "bypass")]
    [InlineData("\"temperature\":0.1", "exact")]
    public async Task Only_what_is_asked_without_chance_is_cached(string temperature, string expected)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        string body = RunningGateway.Question(Capital, more: temperature);
        await gateway.AskAsync(body);
        GatewayAnswer second = await gateway.AskAsync(body);
        Assert.Equal(expected, second.Cache);
        Assert.Equal(expected == "bypass", second.Headers.ContainsKey("X-Refrain-Reason"));
    }

    [Fact]
    public async Task A_request_without_a_temperature_is_cached_where_the_setting_says_so()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.CacheWithoutTemperature, "true"));
        string body = RunningGateway.Question(Capital, more: "\"seed\":1");
        await gateway.AskAsync(body);
        Assert.Equal("exact", (await gateway.AskAsync(body)).Cache);
    }

    [Fact]
    public async Task A_stream_replays_as_a_stream_chunk_by_chunk()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        string body = RunningGateway.Question(Capital, more: "\"temperature\":0,\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        GatewayAnswer first = await gateway.AskAsync(body);
        GatewayAnswer second = await gateway.AskAsync(body);
        Assert.Equal(("miss", "exact"), (first.Cache, second.Cache));
        Assert.StartsWith("text/event-stream", second.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(first.Events, second.Events);
        Assert.InRange(second.Events.Length, 20, int.MaxValue);
        Assert.Equal("[DONE]", second.Events[^1]);
        Assert.True((int?)second.Chunks[^1]["usage"]?["completion_tokens"] > 0);
    }

    [Fact]
    public async Task What_was_streamed_is_answered_whole_and_the_other_way_round()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        GatewayAnswer streamed = await gateway.AskAsync(RunningGateway.Question(Capital, more: "\"temperature\":0,\"stream\":true"));
        GatewayAnswer whole = await gateway.AskAsync(RunningGateway.Question(Capital));
        Assert.Equal(("miss", "exact"), (streamed.Cache, whole.Cache));
        Assert.Equal(streamed.Text, whole.Text);
        Assert.Equal("stop", (string?)whole.Json["choices"]![0]!["finish_reason"]);
        Assert.DoesNotContain("usage", streamed.Body, StringComparison.Ordinal);

        GatewayAnswer other = await gateway.AskAsync(RunningGateway.Question("Who wrote Faust?"));
        GatewayAnswer replayed = await gateway.AskAsync(RunningGateway.Question("Who wrote Faust?", more: "\"temperature\":0,\"stream\":true"));
        Assert.Equal(("miss", "exact"), (other.Cache, replayed.Cache));
        Assert.Equal(other.Text, replayed.Text);
    }

    [Fact]
    public async Task Earlier_answers_still_hit_after_a_restart()
    {
        using var data = new TemporaryDirectory();
        await using (RunningGateway before = await RunningGateway.StartAsync((SettingNames.Data, data.Path)))
            await before.AskAsync(RunningGateway.Question(Capital));
        await using RunningGateway after = await RunningGateway.StartAsync((SettingNames.Data, data.Path));
        Assert.Equal("durable", (await after.AskAsync(RunningGateway.Question(Capital))).Cache);
        Assert.Equal("exact", (await after.AskAsync(RunningGateway.Question(Capital))).Cache);
    }

    [Fact]
    public async Task The_demo_models_answers_are_never_served_as_a_real_models()
    {
        using var data = new TemporaryDirectory();
        await using (RunningGateway demo = await RunningGateway.StartAsync((SettingNames.Data, data.Path)))
            await demo.AskAsync(RunningGateway.Question(Capital, "m"));
        await using ScriptedUpstream upstream = await ScriptedUpstream.StartAsync(
            """{"id":"x","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Paris"},"finish_reason":"stop"}]}""");
        await using RunningGateway real = await RunningGateway.StartAsync((SettingNames.Data, data.Path), (SettingNames.UpstreamUrl, upstream.Url));
        GatewayAnswer answer = await real.AskAsync(RunningGateway.Question(Capital, "m"));
        Assert.Equal(("miss", "Paris"), (answer.Cache, answer.Text));
    }

    [Theory]
    [InlineData("Cache-Control", "no-cache", "miss")]
    [InlineData("Cache-Control", "no-store, no-cache", "bypass")]
    [InlineData("X-Refrain-Mode", "bypass", "bypass")]
    [InlineData("X-Refrain-Mode", "exact", "exact")]
    [InlineData("X-Refrain-Tenant", "customer-7", "miss")]
    [InlineData("Authorization", "Bearer other-key", "miss")]
    public async Task A_request_can_say_what_it_wants_of_the_cache(string header, string value, string expected)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Capital));
        GatewayAnswer answer = await gateway.AskAsync(RunningGateway.Question(Capital), (header, value));
        Assert.Equal((200, expected), (answer.Status, answer.Cache));
    }

    [Fact]
    public async Task An_answer_that_is_not_to_be_stored_is_not()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question(Capital), ("Cache-Control", "no-store"));
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(Capital))).Cache);
    }

    [Theory]
    [InlineData("X-Refrain-Mode", "sometimes")]
    [InlineData("X-Refrain-TTL", "-5")]
    [InlineData("X-Refrain-TTL", "NaN")]
    [InlineData("X-Refrain-Threshold", "1.5")]
    [InlineData("X-Refrain-Tenant", "two words")]
    public async Task A_header_that_makes_no_sense_is_refused_and_named(string header, string value)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        GatewayAnswer answer = await gateway.AskAsync(RunningGateway.Question(Capital), (header, value));
        Assert.Equal(400, answer.Status);
        Assert.Equal(header, (string?)answer.Json["error"]!["param"]);
    }

    [Fact]
    public async Task The_demo_models_are_listed_and_unknown_paths_say_what_there_is()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        Assert.Contains("demo-small", await gateway.Http.GetStringAsync("/v1/models", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using HttpResponseMessage missing = await gateway.Http.GetAsync("/v1/embeddings", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)missing.StatusCode);
        Assert.Contains("/v1/chat/completions", await missing.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
