namespace Refrain.Chat;

/// <summary>What went through a router since it was made.</summary>
public sealed record RouterStatistics
{
    /// <summary>Requests that came in.</summary>
    public long Requests { get; init; }

    /// <summary>Upstream calls, retries, fallbacks and hedges included.</summary>
    public long Calls { get; init; }

    /// <summary>Upstream calls beyond the first of each request.</summary>
    public long ExtraCalls { get; init; }

    /// <summary>Upstream calls that failed.</summary>
    public long Failures { get; init; }

    /// <summary>Requests that were not sent for want of money.</summary>
    public long OverBudget { get; init; }

    /// <summary>What all calls cost, in the currency of the prices.</summary>
    public decimal Cost { get; init; }

    /// <summary>The part of <see cref="Cost"/> that rests on estimated tokens.</summary>
    public decimal EstimatedCost { get; init; }

    /// <summary>Input tokens.</summary>
    public long InputTokens { get; init; }

    /// <summary>Output tokens.</summary>
    public long OutputTokens { get; init; }
}
