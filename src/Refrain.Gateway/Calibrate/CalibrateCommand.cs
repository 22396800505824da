using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Refrain.Embeddings;
using Spectre.Console;

namespace Refrain.Gateway;

/// <summary><c>refrain calibrate PAIRS</c>: labelled pairs in, thresholds with their errors out.</summary>
internal static class CalibrateCommand
{
    private const string DefaultFile = "calibration.json";

    private static readonly float[] Thresholds = [0.60f, 0.65f, 0.70f, 0.75f, 0.80f, 0.85f, 0.90f, 0.925f, 0.95f, 0.97f, 0.99f];

    internal static Command Create()
    {
        var pairs = new Argument<string>("PAIRS") { Description = "Labelled pairs: .tsv, .csv or .jsonl, gzipped or not, with text_a, text_b and label (1: the answer to one is valid for the other)." };
        Option<string?> embedder = CommandSettings.Embedder(), plot = CommandSettings.Plot(), json = CommandSettings.Json();
        Option<double> target = CommandSettings.Target();
        var output = new Option<string>("--out") { Description = "The calibration file, for REFRAIN_CALIBRATION.", DefaultValueFactory = _ => DefaultFile };
        var command = new Command("calibrate", "Finds the similarity threshold of an embedder on labelled pairs.") { pairs, embedder, target, output, plot, json };
        command.SetAction((parsed, cancellation) => CommandSettings.GuardAsync(errors => RunAsync(
            errors, parsed.GetRequiredValue(pairs), parsed.GetValue(embedder), parsed.GetValue(target), parsed.GetValue(output)!, parsed.GetValue(plot), parsed.GetValue(json), cancellation)));
        return command;
    }

    private static async Task<int> RunAsync(
        IAnsiConsole errors, string path, string? embedderName, double target, string output, string? plot, string? json, CancellationToken cancellation)
    {
        if (target is not (>= 0 and < 1)) throw new ArgumentException($"--target is {target}; from 0 to below 1 is allowed.");
        using IEmbeddingGenerator<string, Embedding<float>> embedder = CommandSettings.Open(embedderName);
        EmbeddingSpace space = CommandSettings.SpaceOf(embedder);
        Calibration calibration = await CommandSettings.WithProgressAsync(errors, "Embedding", async report =>
        {
            var pairs = new List<LabelledPair>();
            await foreach (LabelledPair pair in PairFile.ReadAsync(path, share => report(share / 10), cancellation)) pairs.Add(pair);
            return new Calibration(await PairScorer.ScoreAsync(embedder, pairs, Guards.Default, (done, all) => report(0.1 + (0.9 * done / all)), cancellation));
        });
        if (calibration.ValidCount == 0 || calibration.ValidCount == calibration.PairCount) throw new ArgumentException($"{path} holds {calibration.ValidCount} valid pairs of {calibration.PairCount}; both kinds are needed.");

        float? suggested = calibration.Suggest(target, guarded: true);
        Print(calibration, space, target, suggested);
        if (plot is not null) CalibrationPlot.Save(calibration, plot, $"{space.Model}, {calibration.PairCount} pairs", suggested);
        if (json is not null) await File.WriteAllTextAsync(json, Figures(calibration, space, target, suggested).ToJsonString(new JsonSerializerOptions { WriteIndented = true }), cancellation);
        if (suggested is not { } threshold)
        {
            errors.WriteLine($"No threshold keeps the wrong share within {target:P1} with {Calibration.HitCountMin} hits or more; nothing was written.");
            return 1;
        }

        Write(calibration, space, target, threshold, output);
        AnsiConsole.WriteLine($"Written: {output}. The program reads it from REFRAIN_CALIBRATION={output}");
        return 0;
    }

    private static void Print(Calibration calibration, EmbeddingSpace space, double target, float? suggested)
    {
        AnsiConsole.WriteLine($"{space.Model}, {space.Dimensions} dimensions. {calibration.PairCount} pairs, {calibration.ValidCount} of them valid. AUC {calibration.AreaUnderRoc():0.000}");
        var table = new Table().AddColumns("threshold", "valid found", "invalid accepted", "wrong share (95 %)", "without guards: found", "accepted", "wrong share (95 %)");
        foreach (float threshold in suggested is { } found ? Thresholds.Append(found).Order().Distinct() : Thresholds)
        {
            ThresholdRow guarded = calibration.At(threshold, guarded: true), plain = calibration.At(threshold, guarded: false);
            string mark = threshold == suggested ? " ←" : "";
            table.AddRow($"{threshold:0.000}{mark}", $"{guarded.ValidFound:0.000}", $"{guarded.InvalidAccepted:0.000}", Share(guarded.Wrong), $"{plain.ValidFound:0.000}", $"{plain.InvalidAccepted:0.000}", Share(plain.Wrong));
        }

        AnsiConsole.Write(table);
        float at = suggested ?? space.SimilarityThreshold ?? 0.95f;
        var guards = new Table().Title($"Guards at {at:0.000} and above").AddColumns("guard", "false hits removed", "true hits lost");
        foreach (GuardRow row in calibration.GuardsAt(at)) guards.AddRow(row.Guard.ToString(), $"{row.InvalidRefused}", $"{row.ValidRefused}");
        AnsiConsole.Write(guards);
        if (suggested is not { } threshold2) return;
        WrongShare wrong = calibration.At(threshold2, guarded: true).Wrong;
        AnsiConsole.WriteLine($"Suggested: {threshold2:0.000} for a wrong share of {target:P1} of hits.");
        if (wrong.Upper > target) AnsiConsole.WriteLine($"On {wrong.Hits} hits, the true share may be as high as {wrong.Upper:P1}: more pairs narrow that. It holds for pairs mixed as these are; it is no guarantee.");
    }

    private static string Share(WrongShare wrong) => wrong.Hits == 0 ? "–" : $"{wrong.Share:0.000} ({wrong.Lower:0.000}–{wrong.Upper:0.000})";

    private static JsonObject Figures(Calibration calibration, EmbeddingSpace space, double target, float? suggested) => new()
    {
        ["model"] = space.Model,
        ["pairs"] = calibration.PairCount,
        ["valid"] = calibration.ValidCount,
        ["auc"] = calibration.AreaUnderRoc(),
        ["target"] = target,
        ["suggested"] = suggested,
        ["thresholds"] = new JsonArray([.. Thresholds.Select(threshold => (JsonNode)Figures(calibration, threshold))]),
        ["roc"] = new JsonArray([.. calibration.Roc(guarded: false).Select(point => (JsonNode)new JsonArray(point.InvalidAccepted, point.ValidFound))]),
    };

    private static JsonObject Figures(Calibration calibration, float threshold)
    {
        ThresholdRow guarded = calibration.At(threshold, guarded: true), plain = calibration.At(threshold, guarded: false);
        return new JsonObject
        {
            ["threshold"] = threshold,
            ["valid_found"] = guarded.ValidFound,
            ["invalid_accepted"] = guarded.InvalidAccepted,
            ["wrong_share"] = guarded.Wrong.Share,
            ["wrong_share_upper"] = guarded.Wrong.Upper,
            ["plain_valid_found"] = plain.ValidFound,
            ["plain_invalid_accepted"] = plain.InvalidAccepted,
            ["plain_wrong_share"] = plain.Wrong.Share,
        };
    }

    private static void Write(Calibration calibration, EmbeddingSpace space, double target, float threshold, string output)
    {
        WrongShare wrong = calibration.At(threshold, guarded: true).Wrong;
        new CalibrationFile
        {
            Model = space.Model,
            Revision = space.Revision,
            Dimensions = space.Dimensions,
            Variant = space.Variant,
            SimilarityThreshold = threshold,
            Target = target,
            PairCount = calibration.PairCount,
            ValidHits = wrong.Hits - wrong.Wrong,
            WrongHits = wrong.Wrong,
            WrongShareUpper = wrong.Upper,
        }.Write(output);
    }
}
