using System.Numerics;

namespace Refrain;

/// <summary>
/// Where entries lie: two buckets of eight ways a digest. A lookup reads at most two lines of tags, whatever was stored. Readers take no lock: a slot is one
/// reference, the entry behind it never changes, and whoever reads it compares it whole.
/// </summary>
/// <remarks>Changed by one writer at a time. A live entry never moves within a table, so no reader can pass it by.</remarks>
internal sealed class Buckets
{
    /// <summary>Ways of a bucket: their tags fill half a cache line.</summary>
    internal const int WayCount = 8;

    private const int LeastBucketCount = 128;

    private readonly uint[] _tags;
    private readonly CacheEntry?[] _slots;
    private readonly int _mask;

    /// <summary>A first bucket with fewer entries takes another, so that most lookups need no second.</summary>
    private const int PreferredCount = WayCount - 1;

    /// <param name="entryCount">How many entries are expected: they fill at most half.</param>
    internal Buckets(int entryCount)
    {
        int bucketCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(LeastBucketCount, entryCount * 2L / WayCount));
        _mask = bucketCount - 1;
        _tags = new uint[bucketCount * WayCount];
        _slots = new CacheEntry?[bucketCount * WayCount];
    }

    /// <summary>Entries it holds before another table, twice as large, should take its place.</summary>
    internal int CountMax => _slots.Length / 2;

    internal CacheEntry? Find(UInt128 digest)
    {
        ulong place = (ulong)digest;
        uint tag = (uint)(digest >> 64);
        int first = ((int)place & _mask) * WayCount;

        // Most entries got the way that their tag prefers: a branch that is foreseen, where the eight others are not.
        int preferred = first + PreferredWay(tag);
        if (_tags[preferred] == tag && Volatile.Read(ref _slots[preferred]) is { } entry && entry.Digest == digest)
            return entry;
        return FindIn(first, tag, digest) ?? FindIn(((int)(place >> 32) & _mask) * WayCount, tag, digest);
    }

    /// <summary>The same for a digest that is most likely here: the entry is looked at where it most likely lies, without its tag, which is a line of memory of its own.</summary>
    internal CacheEntry? FindLikely(UInt128 digest)
    {
        int preferred = (((int)(ulong)digest & _mask) * WayCount) + PreferredWay((uint)(digest >> 64));
        return Volatile.Read(ref _slots[preferred]) is { } entry && entry.Digest == digest ? entry : Find(digest);
    }

    /// <summary>Puts an entry whose digest is not there into a free way.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="displaced">The entry whose place it took, when both buckets were full: the least used.</param>
    internal void Put(CacheEntry entry, out CacheEntry? displaced)
    {
        int slot = SlotFor(entry.Digest);
        displaced = _slots[slot];
        _tags[slot] = (uint)(entry.Digest >> 64);

        // After its tag: who sees the entry's tag may find the slot empty, never another's tag on it for good.
        Volatile.Write(ref _slots[slot], entry);
    }

    /// <summary>Takes an entry out, if it is still the one there.</summary>
    internal bool Remove(CacheEntry entry) => Replace(entry, null);

    /// <summary>Puts an entry of the same digest in place of another, or nothing.</summary>
    /// <returns>Whether the other was there.</returns>
    internal bool Replace(CacheEntry old, CacheEntry? by)
    {
        ulong place = (ulong)old.Digest;
        return ReplaceIn(((int)place & _mask) * WayCount, old, by) || ReplaceIn(((int)(place >> 32) & _mask) * WayCount, old, by);
    }

    private static int PreferredWay(uint tag) => (int)(tag % WayCount);

    private CacheEntry? FindIn(int start, uint tag, UInt128 digest)
    {
        ReadOnlySpan<uint> tags = _tags.AsSpan(start, WayCount);
        for (int way = 0; way < tags.Length; way++)
        {
            if (tags[way] == tag && Volatile.Read(ref _slots[start + way]) is { } entry && entry.Digest == digest)
                return entry;
        }

        return null;
    }

    private int SlotFor(UInt128 digest)
    {
        ulong place = (ulong)digest;
        int first = ((int)place & _mask) * WayCount;
        int second = ((int)(place >> 32) & _mask) * WayCount;
        int preferred = first + PreferredWay((uint)(digest >> 64));
        int inFirst = CountIn(first);
        int inSecond = inFirst < PreferredCount ? WayCount : CountIn(second);
        int emptier = inFirst <= inSecond ? first : second;
        if (emptier == first && _slots[preferred] is null)
            return preferred;
        int free = Array.IndexOf(_slots, null, emptier, WayCount);
        if (free >= 0)
            return free;
        int one = LeastUsedIn(first);
        int other = LeastUsedIn(second);
        return _slots[other]!.Uses < _slots[one]!.Uses ? other : one;
    }

    private int CountIn(int start)
    {
        int count = 0;
        foreach (CacheEntry? entry in _slots.AsSpan(start, WayCount))
            count += entry is null ? 0 : 1;
        return count;
    }

    private int LeastUsedIn(int start)
    {
        int least = start;
        for (int slot = start + 1; slot < start + WayCount; slot++)
        {
            if (_slots[slot]!.Uses < _slots[least]!.Uses)
                least = slot;
        }

        return least;
    }

    private bool ReplaceIn(int start, CacheEntry old, CacheEntry? by)
    {
        int slot = Array.IndexOf(_slots, old, start, WayCount);
        if (slot < 0)
            return false;
        Volatile.Write(ref _slots[slot], by);
        return true;
    }
}
