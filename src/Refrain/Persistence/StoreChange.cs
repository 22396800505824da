namespace Refrain;

/// <summary>One step in the life of a shared store.</summary>
/// <param name="Kind">What happened, and which of the others is meant.</param>
/// <param name="Entry">The entry as it is now, or only its key.</param>
/// <param name="Epoch">The epoch as it is now.</param>
public readonly record struct StoreChange(StoreChangeKind Kind, StoredEntry Entry = default, StoredEpoch Epoch = default);
