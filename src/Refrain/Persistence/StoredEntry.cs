namespace Refrain;

/// <summary>An entry as a durable store sees it: an address, bytes that only the engine reads, and an end.</summary>
/// <param name="Key">Address of the entry.</param>
/// <param name="Value">The encoded entry. A store neither reads nor changes it.</param>
/// <param name="ExpiresAt">When the store may forget the entry.</param>
/// <param name="CreatedAt">When the entry was made. Of two entries at one key a store shared by processes keeps the younger, in whatever order they arrive.</param>
/// <param name="Fence">Number of the lease under which the answer was made, 0 for none. A store that gives leases refuses it once it has given a greater number for the key.</param>
public readonly record struct StoredEntry(CacheKey Key, ReadOnlyMemory<byte> Value, DateTimeOffset ExpiresAt, DateTimeOffset CreatedAt = default, long Fence = 0);
