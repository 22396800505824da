using System.Text.Json.Nodes;
using Refrain.Embeddings;

namespace Refrain.Gateway.Tests;

public sealed class CalibrateCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("refrain-calibrate-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Pairs_become_a_calibration_file_figures_and_plots()
    {
        string pairs = Place("pairs.tsv"), output = Place("calibration.json"), json = Place("figures.json"), plot = Place("curve");
        await File.WriteAllLinesAsync(pairs, ["text_a\ttext_b\tlabel", .. Enumerable.Range(0, 40).SelectMany(Family)], Cancellation);
        int exitCode = await CalibrateCommand.Create().Parse([pairs, "--embedder", "lexical", "--out", output, "--json", json, "--plot", plot]).InvokeAsync(cancellationToken: Cancellation);

        Assert.Equal(0, exitCode);
        CalibrationFile calibration = CalibrationFile.Read(output);
        Assert.True(calibration.IsAbout(LexicalEmbeddingGenerator.Space));
        Assert.Equal((80, 40, 0), (calibration.PairCount, calibration.ValidHits, calibration.WrongHits));
        Assert.Equal(80, JsonNode.Parse(await File.ReadAllTextAsync(json, Cancellation))!["pairs"]!.GetValue<int>());
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(plot + ".png", Cancellation))[..4]);
        Assert.Contains("<svg", await File.ReadAllTextAsync(plot + ".svg", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pairs_that_no_threshold_can_part_write_nothing()
    {
        string pairs = Place("pairs.tsv"), output = Place("calibration.json");
        await File.WriteAllLinesAsync(pairs, ["text_a\ttext_b\tlabel", "one question\tone question\t1", "two answers\ttwo answers\t0"], Cancellation);

        Assert.Equal(1, await CalibrateCommand.Create().Parse([pairs, "--embedder", "lexical", "--out", output]).InvokeAsync(cancellationToken: Cancellation));
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task A_stream_is_evaluated_by_threshold()
    {
        string stream = Place("stream.tsv"), json = Place("figures.json");
        await File.WriteAllLinesAsync(
            stream,
            ["group\ttext", "a\tWhat is the capital of France?", "a\twhats the capital of france", "b\tHow do I bake bread", "b\tHow do I bake bread", "c\tplease how do i bake bread?"],
            Cancellation);
        int exitCode = await EvaluateCommand.Create().Parse([stream, "--embedder", "lexical", "--json", json, "--show-wrong", "3"]).InvokeAsync(cancellationToken: Cancellation);

        Assert.Equal(0, exitCode);
        JsonNode figures = JsonNode.Parse(await File.ReadAllTextAsync(json, Cancellation))!;
        JsonNode row = figures["thresholds"]!.AsArray().Single(candidate => candidate!["threshold"]!.GetValue<float>() == 0.8f)!;
        Assert.Equal((5, 1), (figures["prompts"]!.GetValue<int>(), figures["exact"]!.GetValue<int>()));
        Assert.Equal((2, 1), (row["semantic_hits"]!.GetValue<int>(), row["wrong"]!.GetValue<int>()));
        Assert.Equal((1, 1), (row["repeats"]!.GetValue<int>(), row["repeats_served"]!.GetValue<int>()));
    }

    private static readonly string[] Things = ["weather", "password", "invoice", "passport", "printer", "kitchen", "garden", "ticket"];
    private static readonly string[] Deeds = ["change", "repair", "find", "order", "lose"];

    private static string[] Family(int i)
    {
        string thing = Things[i % 8], other = Things[(i + 1) % 8], deed = Deeds[i / 8];
        return [$"How do I {deed} the {thing}?\tplease how can i {deed} a {thing}\t1", $"How do I {deed} the {thing}?\thow do i {deed} the {other}\t0"];
    }

    private string Place(string name) => Path.Combine(_folder.FullName, name);
}
