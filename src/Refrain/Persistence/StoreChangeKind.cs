namespace Refrain;

/// <summary>What a <see cref="StoreChange"/> tells.</summary>
public enum StoreChangeKind
{
    /// <summary><see cref="StoreChange.Entry"/> is at its key now.</summary>
    Stored,

    /// <summary>Nothing is at the key of <see cref="StoreChange.Entry"/> any more; its value is empty.</summary>
    Removed,

    /// <summary>The subject's epoch is at least <see cref="StoreChange.Epoch"/>.</summary>
    EpochAdvanced,

    /// <summary>Changes were missed: compare everything with <see cref="IDurableStore.EnumerateAsync"/>. The seed and the epochs known so far still hold.</summary>
    Missed,

    /// <summary>The store was emptied and keeps the same seed: what is in process still holds, and may be written again.</summary>
    Emptied,

    /// <summary>The store has another seed: forget all that is in process and begin again with <see cref="IDurableStore.GetSeedAsync"/>. Calls fail until that is asked.</summary>
    Reseeded,
}
