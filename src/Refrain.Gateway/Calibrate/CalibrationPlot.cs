using ScottPlot;

namespace Refrain.Gateway;

/// <summary>Draws curves as PNG and SVG.</summary>
internal static class CalibrationPlot
{
    private const int Width = 900;
    private const int Height = 600;

    /// <summary>Draws what each threshold finds and how much of it is wrong.</summary>
    /// <param name="calibration">The scored pairs.</param>
    /// <param name="path">Path without extension; .png and .svg are added.</param>
    /// <param name="title">Shown above.</param>
    /// <param name="suggested">The suggested threshold, or null.</param>
    internal static void Save(Calibration calibration, string path, string title, float? suggested)
    {
        using var plot = new Plot();
        float[] thresholds = [.. Enumerable.Range(0, 101).Select(step => 0.5f + (step * 0.005f))];
        ThresholdRow[] guarded = [.. thresholds.Select(threshold => calibration.At(threshold, guarded: true))];
        ThresholdRow[] plain = [.. thresholds.Select(threshold => calibration.At(threshold, guarded: false))];
        Curve(plot, thresholds, guarded.Select(row => row.ValidFound), "valid found", Colors.Green, LinePattern.Solid);
        Curve(plot, thresholds, plain.Select(row => row.ValidFound), "valid found, without guards", Colors.Green, LinePattern.Dotted);
        Curve(plot, thresholds, guarded.Select(row => row.Wrong.Share), "wrong share of hits", Colors.Red, LinePattern.Solid);
        Curve(plot, thresholds, plain.Select(row => row.Wrong.Share), "wrong share, without guards", Colors.Red, LinePattern.Dotted);
        if (suggested is { } threshold) plot.Add.VerticalLine(threshold, 2, Colors.Blue).LegendText = $"suggested: {threshold:0.000}";
        Finish(plot, path, title);
    }

    /// <summary>Draws what each threshold serves of a stream and how much of it is wrong.</summary>
    internal static void Save(IReadOnlyList<StreamRow> rows, string path, string title)
    {
        using var plot = new Plot();
        float[] thresholds = [.. rows.Select(row => row.Threshold)];
        Curve(plot, thresholds, rows.Select(row => (double)row.Semantic.Hits / Math.Max(1, row.Prompts)), "semantic hit rate", Colors.Green, LinePattern.Solid);
        Curve(plot, thresholds, rows.Select(row => row.Semantic.Share), "wrong share of hits", Colors.Red, LinePattern.Solid);
        Curve(plot, thresholds, rows.Select(row => (double)row.RepeatsServed / Math.Max(1, row.Repeats)), "repeats served", Colors.Blue, LinePattern.Dashed);
        Finish(plot, path, title);
    }

    private static void Curve(Plot plot, float[] thresholds, IEnumerable<double> values, string name, Color color, LinePattern pattern)
    {
        var line = plot.Add.ScatterLine(Array.ConvertAll(thresholds, threshold => (double)threshold), [.. values], color);
        line.LegendText = name;
        line.LinePattern = pattern;
        line.LineWidth = 2;
    }

    private static void Finish(Plot plot, string path, string title)
    {
        plot.Title(title);
        plot.XLabel("similarity threshold");
        plot.YLabel("share");
        plot.Axes.SetLimitsY(0, 1);
        plot.ShowLegend(Alignment.UpperRight);
        plot.SavePng(path + ".png", Width, Height);
        plot.SaveSvg(path + ".svg", Width, Height);
    }
}
