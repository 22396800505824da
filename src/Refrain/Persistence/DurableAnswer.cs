namespace Refrain;

/// <summary>What the durable store said about a key.</summary>
/// <param name="Entry">The entry, checked, or null.</param>
/// <param name="IsAbsent">True if the store answered that it has none; false if it has one, or could not be asked.</param>
internal readonly record struct DurableAnswer(CacheEntry? Entry, bool IsAbsent);
