using Spectre.Console;

namespace Refrain.Gateway;

/// <summary>Shows a report to people.</summary>
internal static class ReplayTables
{
    /// <summary>Writes the tables.</summary>
    public static void Write(IAnsiConsole console, ReplayReport report)
    {
        console.MarkupLineInterpolated($"[bold]{report.File}[/]: {report.Prompts:N0} prompts in {report.ElapsedSeconds:0.0} s ({report.Prompts / Math.Max(report.ElapsedSeconds, 0.001):N0}/s)");
        string threshold = report.SimilarityThreshold is { } similarity ? $", semantic hits from similarity {similarity:0.000}" : "";
        console.MarkupLineInterpolated($"embedder {report.Embedder}{threshold}; store {report.Store}; model {report.Model}");
        if (report.Refused > 0)
            console.MarkupLineInterpolated($"[yellow]{report.Refused:N0} prompts were refused: not valid text.[/]");
        console.Write(Outcomes(report));
        console.Write(Stages(report));
        console.Write(Money(report));
    }

    private static Table Outcomes(ReplayReport report)
    {
        bool grouped = report.WrongHits is not null;
        Table table = new Table().RoundedBorder().AddColumn("outcome").AddColumn(Right("prompts")).AddColumn(Right("share"));
        if (grouped)
            table.AddColumn(Right("wrong by group")).AddColumn(Right("wrong of these"));
        foreach (ReplayOutcome outcome in report.Outcomes)
        {
            List<string> cells = [outcome.Kind, $"{outcome.Count:N0}", $"{outcome.Share:P2}"];
            if (grouped)
                cells.AddRange(outcome.Wrong is { } wrong ? [$"{wrong:N0}", outcome.Count == 0 ? "" : $"{(double)wrong / outcome.Count:P2}"] : ["", ""]);
            table.AddRow([.. cells]);
        }
        List<string> total = ["all hits", $"{report.Hits:N0}", $"{report.HitRate:P2}"];
        if (grouped)
            total.AddRange([$"{report.WrongHits:N0}", $"{report.WrongShareOfHits:P2}"]);
        return table.AddRow([.. total.Select(cell => $"[bold]{cell}[/]")]);
    }

    private static Table Stages(ReplayReport report)
    {
        Table table = new Table().RoundedBorder().AddColumn("stage").AddColumn(Right("times"))
            .AddColumn(Right("p50")).AddColumn(Right("p90")).AddColumn(Right("p99")).AddColumn(Right("max"));
        foreach (ReplayStage stage in report.Stages.Where(stage => stage.Count > 0))
            table.AddRow(stage.Name, $"{stage.Count:N0}", Duration(stage.P50), Duration(stage.P90), Duration(stage.P99), Duration(stage.Max));
        return table;
    }

    private static Table Money(ReplayReport report) => new Table().RoundedBorder().AddColumn("").AddColumn(Right("spent")).AddColumn(Right("saved"))
        .AddRow($"money ({report.Currency.EscapeMarkup()})", $"{report.Spent:0.000000}", $"{report.Saved:0.000000}")
        .AddRow("the model's time", $"{report.ModelSeconds:N0} s", $"{report.ModelSecondsSaved:N0} s")
        .AddRow("embeddings", $"{report.EmbeddingsComputed:N0}", $"{report.EmbeddingsSaved:N0}")
        .AddRow("near texts refused by a guard", "", $"{report.GuardRefusals:N0}");

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();

    private static string Duration(double microseconds) => microseconds switch
    {
        < 1000 => $"{microseconds:0.0} µs",
        < 1_000_000 => $"{microseconds / 1000:0.00} ms",
        _ => $"{microseconds / 1_000_000:0.00} s",
    };
}
