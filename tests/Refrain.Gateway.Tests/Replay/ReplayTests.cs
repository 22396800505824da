using System.Text.Json.Nodes;

namespace Refrain.Gateway.Tests;

public sealed class ReplayTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_file_is_replayed_and_every_figure_is_what_the_file_says()
    {
        string path = _directory.File("a.tsv", """
            text	group
            What is the capital of France?	capital
            What is the capital of France?	capital
            whats the capital of france	capital
            What is the capital of Germany?	other
            WHAT IS THE CAPITAL OF GERMANY	mislabelled
            How old is the universe?	age
            """.ReplaceLineEndings("\n") + "\n");
        (int exitCode, string output, _) = await GatewayProcess.RunAsync("replay", path, "--json");
        Assert.Equal(0, exitCode);
        JsonNode report = JsonNode.Parse(output)!;
        Assert.Equal(6, (int)report["prompts"]!);
        Assert.Equal([1, 0, 2, 3], report["outcomes"]!.AsArray().Select(outcome => (int)outcome!["count"]!));
        Assert.Equal(1, (int)report["wrongHits"]!);
        Assert.Equal(1 / 3.0, (double)report["wrongShareOfHits"]!, 6);
        Assert.True((decimal)report["spent"]! > 0 && (decimal)report["saved"]! > 0);
        Assert.True((double)report["modelSeconds"]! > 3, "Three answers of the demo model take seconds, which are counted.");
        Assert.Contains(report["stages"]!.AsArray(), stage => (string)stage!["name"]! == "of these, embedding" && (int)stage["count"]! > 0);
    }

    [Fact]
    public async Task People_get_tables()
    {
        string path = _directory.File("a.txt", "one question\none question\n");
        (int exitCode, string output, _) = await GatewayProcess.RunAsync("replay", path, "--exact-only");
        Assert.Equal(0, exitCode);
        Assert.Contains("exact", output, StringComparison.Ordinal);
        Assert.Contains("50.00", output, StringComparison.Ordinal);
        Assert.Contains("saved", output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_ends_with_a_sentence()
    {
        (int exitCode, _, string error) = await GatewayProcess.RunAsync("replay", Path.Combine(_directory.Path, "none.tsv"));
        Assert.Equal(1, exitCode);
        Assert.Contains("no such file", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("banking77")]
    [InlineData("clinc150")]
    [InlineData("arena_hard")]
    public async Task Real_prompts_run_through(string set)
    {
        string? path = SharedData.Find($"{set}/prompts.dev.tsv.gz");
        Assert.SkipUnless(path is not null, $"../shared/data/{set} is not beside the project.");
        (int exitCode, string output, string error) = await GatewayProcess.RunAsync("replay", path!, "--json", "--limit", "1000");
        Assert.Equal((0, ""), (exitCode, error));
        JsonNode report = JsonNode.Parse(output)!;
        Assert.InRange((int)report["prompts"]!, 600, 1000);
        Assert.Equal(0, (int)report["refused"]!);
        Assert.True((double)report["wrongShareOfHits"]! <= 0.05, $"{report["wrongHits"]} wrong of {report["hits"]} hits.");
        Assert.True((double)report["spent"]! > 0);
    }
}
