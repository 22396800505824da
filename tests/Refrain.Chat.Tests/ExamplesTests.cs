using Refrain.Examples;

namespace Refrain.Chat.Tests;

public sealed class ExamplesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_quick_start_misses_once_and_survives_a_restart()
    {
        string[] lines = await RunAsync("quick-start");
        Assert.Equal(["miss", "exact", "durable", "exact"], lines.Select(line => line.Split(": ")[1]));
        Assert.All(lines, line => Assert.Contains("my answer number 1:", line));
    }

    [Fact]
    public async Task The_semantic_example_hits_other_spellings_and_misses_other_questions()
    {
        string[] lines = await RunAsync("semantic-hits");
        Assert.Equal(["miss", "Semantic", "Semantic", "miss", "miss", "miss"], lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task The_router_example_falls_back_hits_for_nothing_and_stops_before_the_budget_is_overspent()
    {
        string[] lines = await RunAsync("budget-and-fallback");
        Assert.Matches("^miss small-demo cost 0\\.00[1-9]", lines[0]);
        Assert.Matches("^hit  small-demo cost 0\\.0000", lines[1]);
        Assert.StartsWith("miss", lines[2], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("refused: The budget \"initial\" of 1.00 has ", StringComparison.Ordinal));
        Assert.Matches("^spent (0\\.\\d{4}|1\\.0000) of 1\\.00, saved 0\\.00[1-9]", lines[^1]);
    }

    [Fact]
    public async Task The_streaming_example_makes_one_upstream_call()
    {
        string[] lines = await RunAsync("streaming");
        Assert.Equal("upstream calls: 1", lines[0]);
        Assert.Equal("different texts among 100 readers: 1", lines[1]);
        Assert.Matches("^chunks live and replayed: (\\d\\d) and \\1$", lines[2]);
        Assert.Equal("in one piece: Exact, the same words", lines[3]);
    }

    [Fact]
    public async Task The_agent_example_keeps_what_it_knows_of_one_user_from_the_other()
    {
        string[] lines = await RunAsync("agent");
        Assert.Equal(["ann: miss", "bob: hit", "ann: miss", "ann: hit", "bob: hit"], lines.Select(line => line[..line.IndexOf(':', 5)]));
        Assert.Contains("my answer number 2:", lines[3]);
        Assert.Contains("my answer number 1:", lines[4]);
    }

    [Fact]
    public async Task An_unknown_name_is_told_the_known_ones()
    {
        var output = new StringWriter();
        Assert.Equal(1, await ExampleList.RunAsync(["nonsense"], output, Cancellation));
        Assert.Contains("quick-start", output.ToString());
    }

    private static async Task<string[]> RunAsync(string name)
    {
        var output = new StringWriter();
        Assert.Equal(0, await ExampleList.RunAsync([name], output, Cancellation));
        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal($"--- {name}", lines[0]);
        return lines[1..];
    }
}
