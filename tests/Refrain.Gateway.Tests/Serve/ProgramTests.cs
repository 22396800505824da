namespace Refrain.Gateway.Tests;

/// <summary>The program as a user has it: its process, its output, its end.</summary>
public sealed class ProgramTests
{
    private const string Capital = "What is the capital of France?";

    [Fact]
    public async Task After_a_kill_and_a_restart_earlier_answers_still_hit_and_none_is_wrong()
    {
        using var data = new TemporaryDirectory();
        var answers = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (GatewayProcess first = await GatewayProcess.ServeAsync(data.Path))
        {
            GatewayAnswer[] made = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => first.AskAsync(RunningGateway.Question($"Tell me about the number {i}."))));
            foreach ((GatewayAnswer answer, int i) in made.Select((answer, i) => (answer, i)))
                answers[$"Tell me about the number {i}."] = answer.Text;
            // What docs/gateway.md promises: what was answered so long ago is on disk.
            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
            await first.KillAsync();
        }
        await using GatewayProcess second = await GatewayProcess.ServeAsync(data.Path);
        foreach ((string question, string text) in answers)
        {
            GatewayAnswer again = await second.AskAsync(RunningGateway.Question(question));
            Assert.Equal("durable", again.Cache);
            Assert.Equal(text, again.Text);
        }
    }

    [Fact]
    public async Task A_kill_in_the_midst_of_writing_leaves_nothing_wrong()
    {
        using var data = new TemporaryDirectory();
        for (int round = 0; round < 2; round++)
        {
            await using GatewayProcess gateway = await GatewayProcess.ServeAsync(data.Path);
            Task[] asked = [.. Enumerable.Range(0, 60).Select(i => AskUntilKilledAsync(gateway, $"Tell me about the number {i}."))];
            await Task.Delay(TimeSpan.FromMilliseconds(1500 + round * 400), TestContext.Current.CancellationToken);
            await gateway.KillAsync();
            await Task.WhenAll(asked);
        }
        await using GatewayProcess last = await GatewayProcess.ServeAsync(data.Path);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            GatewayAnswer answer = await last.AskAsync(RunningGateway.Question($"Tell me about the number {i}.", more: "\"temperature\":0,\"max_tokens\":4000"));
            Assert.Contains($"“Tell me about the number {i}.”", answer.Text, StringComparison.Ordinal);
        }));
    }

    [Fact]
    public async Task Asked_to_end_it_finishes_its_answers_writes_what_waits_and_leaves_with_zero()
    {
        using var data = new TemporaryDirectory();
        string text;
        await using (GatewayProcess first = await GatewayProcess.ServeAsync(data.Path))
        {
            Task<GatewayAnswer> underway = first.AskAsync(RunningGateway.Question(Capital));
            await Task.Delay(TimeSpan.FromMilliseconds(600), TestContext.Current.CancellationToken);
            Assert.Equal(0, await first.TerminateAsync());
            GatewayAnswer answer = await underway;
            Assert.Equal(200, answer.Status);
            text = answer.Text;
        }
        await using GatewayProcess second = await GatewayProcess.ServeAsync(data.Path);
        GatewayAnswer again = await second.AskAsync(RunningGateway.Question(Capital));
        Assert.Equal(("durable", text), (again.Cache, again.Text));
    }

    [Fact]
    public async Task It_says_what_runs_where_the_data_lies_and_what_to_try_and_no_key()
    {
        using var data = new TemporaryDirectory();
        await using GatewayProcess gateway = await GatewayProcess.ServeAsync(data.Path,
            (SettingNames.UpstreamUrl, "http://127.0.0.1:9/v1"), (SettingNames.UpstreamApiKey, "canary-upstream"), (SettingNames.ApiKeys, "canary-gateway"));
        gateway.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer canary-gateway");
        Assert.Equal(502, (await gateway.AskAsync(RunningGateway.Question(Capital))).Status);
        string output = gateway.Output;
        Assert.Contains(data.Path, output, StringComparison.Ordinal);
        Assert.Contains("lexical", output, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:9", output, StringComparison.Ordinal);
        Assert.Equal(3, output.Split("curl -si http").Length - 1);
        Assert.DoesNotContain("canary", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_cannot_be_used_ends_it_with_a_sentence_and_no_stack()
    {
        (int exitCode, string output, string error) = await GatewayProcess.RunAsync("serve", "--host", "0.0.0.0", "--port", "0");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("refrain: http://0.0.0.0:0 can be reached from other machines", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_tells_what_the_directory_holds_without_a_prompt()
    {
        using var data = new TemporaryDirectory();
        await using RunningGateway gateway = await RunningGateway.StartAsync((SettingNames.Data, data.Path));
        await gateway.AskAsync(RunningGateway.Question(Capital));
        await gateway.AskAsync(RunningGateway.Question(Capital, "demo-large"));
        await gateway.Server.Opened.Cache.FlushAsync(TestContext.Current.CancellationToken);
        (int exitCode, string json, string error) = await GatewayProcess.RunAsync("inspect", "--data", data.Path, "--json");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("\"entryCount\": 2", json, StringComparison.Ordinal);
        Assert.Contains("\"scopeCount\": 2", json, StringComparison.Ordinal);
        Assert.DoesNotContain("capital", json, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task AskUntilKilledAsync(GatewayProcess gateway, string question)
    {
        try
        {
            GatewayAnswer answer = await gateway.AskAsync(RunningGateway.Question(question, more: "\"temperature\":0,\"max_tokens\":4000"));
            Assert.Contains($"“{question}”", answer.Text, StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            // Killed meanwhile, as this test wants.
        }
    }
}
