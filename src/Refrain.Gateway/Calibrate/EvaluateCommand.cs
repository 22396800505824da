using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Refrain.Gateway;

/// <summary><c>refrain evaluate STREAM</c>: a labelled prompt stream in; hit rate and wrong share by threshold out.</summary>
internal static class EvaluateCommand
{
    private const float Floor = 0.5f;

    private static readonly float[] Thresholds = [0.60f, 0.65f, 0.70f, 0.75f, 0.80f, 0.85f, 0.90f, 0.925f, 0.95f, 0.97f, 0.99f];

    internal static Command Create()
    {
        var stream = new Argument<string>("STREAM") { Description = "Prompts in their order: .txt, .tsv or .jsonl, gzipped or not, with a column or property named group." };
        Option<string?> embedder = CommandSettings.Embedder(), plot = CommandSettings.Plot(), json = CommandSettings.Json();
        var wrong = new Option<int>("--show-wrong") { Description = "How many wrong hits to print at the embedder's own threshold.", DefaultValueFactory = _ => 0 };
        var command = new Command("evaluate", "Tells what each threshold would serve of a labelled prompt stream, and how much of that would be wrong.") { stream, embedder, plot, json, wrong };
        command.SetAction((parsed, cancellation) => CommandSettings.GuardAsync(errors => RunAsync(
            errors, parsed.GetRequiredValue(stream), parsed.GetValue(embedder), parsed.GetValue(plot), parsed.GetValue(json), parsed.GetValue(wrong), cancellation)));
        return command;
    }

    private static async Task<int> RunAsync(IAnsiConsole errors, string path, string? embedderName, string? plot, string? json, int wrongCount, CancellationToken cancellation)
    {
        using IEmbeddingGenerator<string, Embedding<float>> embedder = CommandSettings.Open(embedderName);
        EmbeddingSpace space = CommandSettings.SpaceOf(embedder);
        var prompts = new List<Prompt>();
        await foreach (Prompt prompt in PromptFile.Open(path).ReadAsync(cancellation)) prompts.Add(prompt);
        StreamEvaluation evaluation = await CommandSettings.WithProgressAsync(
            errors, "Comparing", report => StreamEvaluation.RunAsync(embedder, [.. prompts], Guards.Default, Floor, report, cancellation));

        float own = space.SimilarityThreshold ?? 0.95f;
        StreamRow[] rows = [.. Thresholds.Append(own).Order().Distinct().Select(evaluation.At)];
        Print(evaluation, space, rows, own);
        foreach ((Prompt asked, Prompt stored, float similarity) in evaluation.WrongAt(own).Take(wrongCount))
            AnsiConsole.WriteLine($"{similarity:0.000}  {asked.Group} / {stored.Group}:  {asked.Text}  |  {stored.Text}");
        if (plot is not null) CalibrationPlot.Save(rows, plot, $"{space.Model}, {Path.GetFileName(path)}");
        if (json is not null) await File.WriteAllTextAsync(json, Figures(space, rows).ToJsonString(new JsonSerializerOptions { WriteIndented = true }), cancellation);
        return 0;
    }

    private static void Print(StreamEvaluation evaluation, EmbeddingSpace space, StreamRow[] rows, float own)
    {
        AnsiConsole.WriteLine($"{space.Model}, {space.Dimensions} dimensions. {rows[0].Prompts} prompts, {rows[0].Exact} of them exact repeats. Every prompt counts as stored.");
        var table = new Table().AddColumns("threshold", "semantic hits", "of prompts", "wrong", "wrong share (95 %)", "repeats served");
        foreach (StreamRow row in rows)
        {
            string wrong = evaluation.HasGroups ? $"{row.Semantic.Wrong}" : "–";
            string share = evaluation.HasGroups && row.Semantic.Hits > 0 ? $"{row.Semantic.Share:0.0000} ({row.Semantic.Lower:0.0000}–{row.Semantic.Upper:0.0000})" : "–";
            string repeats = row.Repeats > 0 ? $"{(double)row.RepeatsServed / row.Repeats:P1}" : "–";
            table.AddRow($"{row.Threshold:0.000}{(row.Threshold == own ? " ←" : "")}", $"{row.Semantic.Hits}", $"{(double)row.Semantic.Hits / Math.Max(1, row.Prompts):P2}", wrong, share, repeats);
        }

        AnsiConsole.Write(table);
        if (evaluation.HasGroups) AnsiConsole.WriteLine("Wrong: the nearest prompt is of another group. The same group is not always the same answer, so this is a floor.");
    }

    private static JsonObject Figures(EmbeddingSpace space, StreamRow[] rows) => new()
    {
        ["model"] = space.Model,
        ["prompts"] = rows[0].Prompts,
        ["exact"] = rows[0].Exact,
        ["thresholds"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject
        {
            ["threshold"] = row.Threshold,
            ["semantic_hits"] = row.Semantic.Hits,
            ["wrong"] = row.Semantic.Wrong,
            ["wrong_share"] = row.Semantic.Share,
            ["wrong_share_upper"] = row.Semantic.Upper,
            ["repeats"] = row.Repeats,
            ["repeats_served"] = row.RepeatsServed,
        })]),
    };
}
