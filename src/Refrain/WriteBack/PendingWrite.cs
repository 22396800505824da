namespace Refrain;

/// <summary>One thing that the durable store has yet to be told.</summary>
internal sealed class PendingWrite
{
    private const int OverheadSize = 128;

    private PendingWrite(CacheKey key, CacheEntry? entry, UInt128? subject, EpochTarget? target, long fence = 0)
    {
        Fence = fence;
        Key = key;
        Entry = entry;
        Subject = subject;
        Target = target;
        Size = OverheadSize + (entry is null ? 0 : entry.Size + ((entry.Embedding?.Dimensions ?? 0) * 2));
    }

    internal CacheKey Key { get; }

    /// <summary>The entry to store, or null if the key is to be forgotten or an epoch advanced.</summary>
    internal CacheEntry? Entry { get; }

    /// <summary>The subject whose epoch is to be advanced, if that is what it is about.</summary>
    internal UInt128? Subject { get; }

    /// <summary>What the subject is a digest of: under another seed it is another.</summary>
    internal EpochTarget? Target { get; }

    /// <summary>Number of the lease under which the entry was made; 0 for none.</summary>
    internal long Fence { get; }

    internal int Size { get; }

    /// <summary>Place in the order of all writes; from 1.</summary>
    internal long Sequence { get; set; }

    /// <summary>Completes when the store has acknowledged it (true: there was something to forget), or never will (false).</summary>
    internal TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal static PendingWrite Store(CacheEntry entry, long fence = 0) => new(entry.Key, entry, null, null, fence);

    internal static PendingWrite Forget(CacheKey key) => new(key, null, null, null);

    internal static PendingWrite Advance(EpochTarget target, ulong seed) => new(default, null, target.SubjectUnder(seed), target);
}
