namespace Refrain.Gateway;

/// <summary>How long one stage took, in microseconds.</summary>
/// <param name="Name">Name of the stage.</param>
/// <param name="Count">How often it was gone through.</param>
/// <param name="P50">Half took at most this.</param>
/// <param name="P90">Nine of ten took at most this.</param>
/// <param name="P99">99 of 100 took at most this.</param>
/// <param name="Max">The longest.</param>
internal sealed record ReplayStage(string Name, int Count, double P50, double P90, double P99, double Max)
{
    public static ReplayStage Of(string name, LatencySamples samples) =>
        new(name, samples.Count, samples.Percentile(0.5), samples.Percentile(0.9), samples.Percentile(0.99), samples.Percentile(1));
}
