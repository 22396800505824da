namespace Refrain.Benchmarks;

/// <summary>How a figure is compared with its baseline.</summary>
internal enum ReadingGate
{
    /// <summary>It must be the baseline to the digit.</summary>
    Exact,

    /// <summary>It must not fall below the baseline: recall, or a ratio measured interleaved.</summary>
    AtLeast,

    /// <summary>It must not rise above the baseline.</summary>
    AtMost,
}
