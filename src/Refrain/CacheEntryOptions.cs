namespace Refrain;

/// <summary>How one answer is kept. Immutable; build it once and reuse it.</summary>
public sealed record CacheEntryOptions
{
    /// <summary>The defaults of the cache.</summary>
    public static CacheEntryOptions Default { get; } = new();

    /// <summary>How long the answer may be served, counted from when it was stored. Null: the cache's default.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// Ends the answer earlier, when it was not served for so long; each hit puts its end off, up to <see cref="TimeToLive"/>. Counted to an eighth of it, so that not every hit
    /// is a write: an answer may end that much sooner after its last hit. One that has left memory lasts to the end that it had then. Null (the default): nothing but its time ends it.
    /// </summary>
    public TimeSpan? IdleTimeToLive { get; init; }

    /// <summary>
    /// How long after its time to live the answer may still be served, marked stale. <see cref="SemanticCache.GetOrCreateAsync"/> then makes it anew in the
    /// background. Default: zero.
    /// </summary>
    public TimeSpan StaleWhileRevalidate { get; init; }

    /// <summary>Most tags that one answer can have.</summary>
    public const int TagCountMax = 64;

    /// <summary>Names by which the answer can be invalidated. Tags belong to the scope's tenant. At most <see cref="TagCountMax"/>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What it cost to make the answer, and so what each hit saves, in the currency of the prices in use. Not negative.</summary>
    public decimal Cost { get; init; }

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Validate()
    {
        if (TimeToLive is { } span && span <= TimeSpan.Zero)
            throw new ArgumentException($"TimeToLive is {span}, expected more than zero. To store nothing, do not call.");
        if (IdleTimeToLive is { } idle && idle <= TimeSpan.Zero)
            throw new ArgumentException($"IdleTimeToLive is {idle}, expected more than zero, or null.");
        if (StaleWhileRevalidate < TimeSpan.Zero)
            throw new ArgumentException($"StaleWhileRevalidate is {StaleWhileRevalidate}, expected zero or more.");
        if (Cost < 0)
            throw new ArgumentException($"Cost is {Cost}, expected 0 or more.");
        if (Tags is null || Tags.Count > TagCountMax)
            throw new ArgumentException($"Tags holds {Tags?.Count.ToString() ?? "null"}, expected at most {TagCountMax}.");
        foreach (string tag in Tags)
        {
            if (string.IsNullOrEmpty(tag))
                throw new ArgumentException("Tags holds an empty name.");
        }
    }
}
