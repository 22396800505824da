namespace Refrain;

/// <summary>What is on its way to the durable store. A read asks here first, so it never sees the store as it was before.</summary>
internal interface IPendingWrites
{
    /// <summary>Whether a write of <paramref name="key"/> is under way.</summary>
    /// <param name="key">Address of the entry.</param>
    /// <param name="entry">The entry that is being stored, or null if it is being removed.</param>
    bool TryFind(CacheKey key, out CacheEntry? entry);
}
