namespace Refrain;

/// <summary>One thing that the durable store has yet to be told.</summary>
internal sealed class PendingWrite
{
    private const int OverheadSize = 128;

    private TaskCompletionSource<bool>? _done;
    private bool? _wasThere;

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

    /// <summary>Its neighbours in a <see cref="WriteList"/>, and whether it is in one.</summary>
    internal PendingWrite? Older { get; set; }

    internal PendingWrite? Younger { get; set; }

    internal bool IsListed { get; set; }

    /// <summary>Whether the store has acknowledged it, or never will.</summary>
    internal bool IsDone => _wasThere is not null;

    /// <summary>Completes when it is done. Nearly nobody waits for a write, so its task is made for the first who does. Called by one thread at a time, as is <see cref="Finish"/>.</summary>
    /// <returns>Whether the store acknowledged it and had something to change.</returns>
    internal Task<bool> WhenDone()
    {
        if (_wasThere is { } wasThere)
            return Task.FromResult(wasThere);
        _done ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _done.Task;
    }

    internal void Finish(bool wasThere)
    {
        if (IsDone)
            return;
        _wasThere = wasThere;
        _done?.SetResult(wasThere);
    }

    internal static PendingWrite Store(CacheEntry entry, long fence = 0) => new(entry.Key, entry, null, null, fence);

    internal static PendingWrite Forget(CacheKey key) => new(key, null, null, null);

    internal static PendingWrite Advance(EpochTarget target, ulong seed) => new(default, null, target.SubjectUnder(seed), target);
}
