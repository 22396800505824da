namespace Refrain.Gateway.Tests;

/// <summary>The same question in other words, with the embedder that runs unless another is chosen.</summary>
public sealed class SemanticServingTests
{
    [Theory]
    [InlineData("What is the capital of France?", "please tell me: whats the capital of france")]
    [InlineData("How do I reset my password?", "how do i reset my password")]
    public async Task A_respelled_question_hits_semantically(string stored, string asked)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        GatewayAnswer first = await gateway.AskAsync(RunningGateway.Question(stored));
        GatewayAnswer second = await gateway.AskAsync(RunningGateway.Question(asked));
        Assert.Equal(("miss", "semantic"), (first.Cache, second.Cache));
        Assert.Equal(first.Text, second.Text);
        Assert.InRange(double.Parse(second.Headers["X-Refrain-Similarity"]), 0.5, 1);
        Assert.True(decimal.Parse(second.Headers["X-Refrain-Saved"]) > 0);
    }

    [Theory]
    [InlineData("What is the capital of Germany?")]
    [InlineData("What is the population of France?")]
    [InlineData("What is not the capital of France?")]
    public async Task Another_question_is_a_miss_however_near(string asked)
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question("What is the capital of France?"));
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(asked))).Cache);
    }

    [Fact]
    public async Task A_caller_can_raise_the_threshold_or_want_the_same_words_only()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question("What is the capital of France?"));
        const string respelled = "Whats the capitol of france ?";
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(respelled), ("X-Refrain-Threshold", "0.99"), ("Cache-Control", "no-store"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(respelled), ("X-Refrain-Mode", "exact"), ("Cache-Control", "no-store"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question(respelled), ("X-Refrain-Mode", "shadow"), ("Cache-Control", "no-store"))).Cache);
        Assert.Equal("semantic", (await gateway.AskAsync(RunningGateway.Question(respelled))).Cache);
    }

    [Fact]
    public async Task A_respelled_question_never_hits_across_tenants_models_or_system_prompts()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        await gateway.AskAsync(RunningGateway.Question("What is the capital of France?"), ("Authorization", "Bearer key-of-ann"));
        string respelled = RunningGateway.Question("whats the capital of france");
        Assert.Equal("semantic", (await gateway.AskAsync(respelled, ("Authorization", "Bearer key-of-ann"), ("Cache-Control", "no-store"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(respelled, ("Authorization", "Bearer key-of-bob"), ("Cache-Control", "no-store"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(respelled, ("Cache-Control", "no-store"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question("whats the capital of france", "demo-large"), ("Authorization", "Bearer key-of-ann"))).Cache);
        Assert.Equal("miss", (await gateway.AskAsync(
            """{"model":"demo-small","messages":[{"role":"system","content":"Answer in French."},{"role":"user","content":"whats the capital of france"}],"temperature":0}""",
            ("Authorization", "Bearer key-of-ann"))).Cache);
    }

    [Fact]
    public async Task Semantic_hits_survive_a_restart()
    {
        using var data = new TemporaryDirectory();
        await using (RunningGateway before = await RunningGateway.StartAsync((SettingNames.Data, data.Path)))
            await before.AskAsync(RunningGateway.Question("What is the capital of France?"));
        await using RunningGateway after = await RunningGateway.StartAsync((SettingNames.Data, data.Path));
        Assert.Equal("semantic", (await after.AskAsync(RunningGateway.Question("whats the capital of france"))).Cache);
    }

    [Fact]
    public async Task Without_an_embedder_only_the_same_words_hit()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.Embedder, "none"));
        await gateway.AskAsync(RunningGateway.Question("What is the capital of France?"));
        Assert.Equal("miss", (await gateway.AskAsync(RunningGateway.Question("whats the capital of france"))).Cache);
        Assert.Equal("exact", (await gateway.AskAsync(RunningGateway.Question("What is the capital of France?"))).Cache);
    }
}
