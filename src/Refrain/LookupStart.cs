namespace Refrain;

/// <summary>When a lookup began, if it is timed: reading a clock takes nearly half as long as an exact hit.</summary>
/// <param name="Timestamp">Of the cache's clock.</param>
/// <param name="Weight">How many lookups this one stands for; 0 if it is not timed.</param>
internal readonly record struct LookupStart(long Timestamp, int Weight);
