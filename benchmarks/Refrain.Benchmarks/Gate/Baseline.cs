namespace Refrain.Benchmarks;

/// <summary>What a figure has to be.</summary>
/// <param name="Gate">How it is compared.</param>
/// <param name="Value">With what.</param>
internal readonly record struct Baseline(ReadingGate Gate, double Value)
{
    /// <summary>Whether the figure stays within its baseline.</summary>
    public bool Allows(double value) => Gate switch
    {
        ReadingGate.Exact => value.Equals(Value),
        ReadingGate.AtLeast => value >= Value,
        ReadingGate.AtMost => value <= Value,
        _ => false,
    };

    /// <inheritdoc/>
    public override string ToString() => Gate switch
    {
        ReadingGate.Exact => $"exactly {Value:R}",
        ReadingGate.AtLeast => $"at least {Value:R}",
        _ => $"at most {Value:R}",
    };
}
