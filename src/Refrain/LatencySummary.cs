namespace Refrain;

/// <summary>How long something took.</summary>
/// <param name="Count">How often, sampled occurrences counted with their weight.</param>
/// <param name="Average">Mean.</param>
/// <param name="P50">Half took at most this; percentiles are exact to an eighth.</param>
/// <param name="P95">95 of 100 took at most this.</param>
/// <param name="P99">99 of 100 took at most this.</param>
public readonly record struct LatencySummary(long Count, TimeSpan Average, TimeSpan P50, TimeSpan P95, TimeSpan P99);
