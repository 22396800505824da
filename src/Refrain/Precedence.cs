namespace Refrain;

/// <summary>
/// Stores and removals at one key, in one order for the table and for the queue of writes: what is removed does not come back with a store that was overtaken,
/// and the newest answer of the one is the newest of the other.
/// </summary>
internal sealed class Precedence(ExactTable exact, WriteQueue writes)
{
    private readonly Lock _ordering = new();

    /// <summary>Answers that are served already, but whose embedding is still being made, by the key and the version of the newest.</summary>
    private readonly Dictionary<CacheKey, long> _embedding = [];

    /// <summary>Stores an answer, unless a newer one is there. The queue comes first: whoever no longer finds the one before in the table must not find it in the store either.</summary>
    /// <returns>Whether it was stored.</returns>
    internal bool TryStore(CacheEntry entry, PendingWrite write)
    {
        lock (_ordering)
        {
            if (IsOvertaken(entry))
                return false;
            if (_embedding.Count > 0)
                _embedding.Remove(entry.Key);
            writes.Enqueue(write);
            exact.Put(entry);
            return true;
        }
    }

    /// <summary>Stores an answer in place of the very one it is a copy of, if that is still there.</summary>
    internal void Renew(CacheEntry known, CacheEntry by, PendingWrite write)
    {
        lock (_ordering)
        {
            if (exact.Peek(known.Digest) != known || _embedding.ContainsKey(known.Key))
                return;
            writes.Enqueue(write);
            exact.Replace(known, by);
        }
    }

    /// <summary>Serves an answer that cannot be written yet, since its embedding has to be made; unless a newer one is there.</summary>
    /// <returns>Whether it is served.</returns>
    internal bool TryBegin(CacheEntry entry)
    {
        lock (_ordering)
        {
            if (IsOvertaken(entry))
                return false;
            _embedding[entry.Key] = entry.Version;
            exact.Put(entry);
            return true;
        }
    }

    /// <summary>Writes an answer that was begun, unless another was stored at its key meanwhile, or it was removed.</summary>
    /// <returns>Whether it is being written.</returns>
    internal bool TryFinish(CacheEntry entry, PendingWrite write)
    {
        lock (_ordering)
        {
            if (!TryEnd(entry))
                return false;
            writes.Enqueue(write);
            exact.Settle(entry);
            return true;
        }
    }

    /// <summary>Gives up an answer that was begun: it is served while it stays in the table.</summary>
    internal void GiveUp(CacheEntry entry)
    {
        lock (_ordering)
            TryEnd(entry);
    }

    /// <returns>Whether the key was in the table.</returns>
    internal bool Remove(PendingWrite removal)
    {
        lock (_ordering)
        {
            _embedding.Remove(removal.Key);
            writes.Enqueue(removal);
            return exact.Remove(removal.Key);
        }
    }

    /// <summary>Whether an answer that began to be made after this one is served already.</summary>
    private bool IsOvertaken(CacheEntry entry) =>
        (exact.Peek(entry.Digest) is { } there && there.Version > entry.Version && there.Key == entry.Key)
        || (_embedding.Count > 0 && _embedding.TryGetValue(entry.Key, out long newest) && newest > entry.Version);

    private bool TryEnd(CacheEntry entry) => _embedding.TryGetValue(entry.Key, out long version) && version == entry.Version && _embedding.Remove(entry.Key);
}
