using System.Collections.Concurrent;

namespace Refrain.Sqlite;

/// <summary>Entries that were read since the writer last asked: so a read writes nothing. Beyond a number, uses are lost; an entry in use is noted again soon.</summary>
internal sealed class RecentUses
{
    private const int CountMax = 4_096;

    private ConcurrentDictionary<CacheKey, bool> _keys = new();
    private int _count;

    internal void Note(CacheKey key)
    {
        if (Volatile.Read(ref _count) < CountMax && _keys.TryAdd(key, true))
            Interlocked.Increment(ref _count);
    }

    /// <summary>What was noted; noting begins anew.</summary>
    internal ICollection<CacheKey> Take()
    {
        ConcurrentDictionary<CacheKey, bool> taken = Interlocked.Exchange(ref _keys, new ConcurrentDictionary<CacheKey, bool>());
        Volatile.Write(ref _count, 0);
        return taken.Keys;
    }
}
