namespace Refrain;

/// <summary>How one answer is kept. Immutable; build it once and reuse it.</summary>
public sealed record CacheEntryOptions
{
    /// <summary>The defaults of the cache.</summary>
    public static CacheEntryOptions Default { get; } = new();

    /// <summary>How long the answer may be served, counted from when it was stored. Null: the cache's default.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Names by which the answer can be invalidated. Tags belong to the scope's tenant.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What it cost to make the answer, and so what each hit saves, in the currency of the prices in use. Not negative.</summary>
    public decimal Cost { get; init; }
}
