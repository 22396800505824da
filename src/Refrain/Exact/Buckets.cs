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

    /// <param name="entryCount">How many entries are expected: they fill at most five eighths.</param>
    internal Buckets(int entryCount)
    {
        int bucketCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(LeastBucketCount, entryCount * 8L / 5 / WayCount));
        _mask = bucketCount - 1;
        _tags = new uint[bucketCount * WayCount];
        _slots = new CacheEntry?[bucketCount * WayCount];
    }

    /// <summary>Entries it holds before another table, twice as large, should take its place.</summary>
    internal int CountMax => _slots.Length / 8 * 5;

    internal CacheEntry? Find(UInt128 digest)
    {
        ulong place = (ulong)digest;
        uint tag = (uint)(digest >> 64);
        return FindIn(((int)place & _mask) * WayCount, tag, digest) ?? FindIn(((int)(place >> 32) & _mask) * WayCount, tag, digest);
    }

    /// <summary>Puts an entry in place of the one with its digest, else into a free way.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="displaced">The entry whose place it took: of the same digest, or, when both buckets were full, the least used of another.</param>
    internal void Put(CacheEntry entry, out CacheEntry? displaced)
    {
        int slot = SlotFor(entry.Key.Digest);
        displaced = _slots[slot];
        _tags[slot] = (uint)(entry.Key.Digest >> 64);

        // After its tag: who sees the entry's tag may find the slot empty, never another's tag on it for good.
        Volatile.Write(ref _slots[slot], entry);
    }

    /// <summary>Takes an entry out, if it is still the one there.</summary>
    internal bool Remove(CacheEntry entry)
    {
        ulong place = (ulong)entry.Key.Digest;
        return RemoveFrom(((int)place & _mask) * WayCount, entry) || RemoveFrom(((int)(place >> 32) & _mask) * WayCount, entry);
    }

    private CacheEntry? FindIn(int start, uint tag, UInt128 digest)
    {
        ReadOnlySpan<uint> tags = _tags.AsSpan(start, WayCount);
        for (int way = 0; way < tags.Length; way++)
        {
            if (tags[way] == tag && Volatile.Read(ref _slots[start + way]) is { } entry && entry.Key.Digest == digest)
                return entry;
        }

        return null;
    }

    private int SlotFor(UInt128 digest)
    {
        ulong place = (ulong)digest;
        int first = ((int)place & _mask) * WayCount;
        int second = ((int)(place >> 32) & _mask) * WayCount;
        int free = -1;
        int least = first;
        int firstCount = 0;
        int secondCount = 0;
        int secondFree = -1;
        for (int way = 0; way < WayCount; way++)
        {
            if (Consider(first + way, digest, ref free, ref firstCount, ref least))
                return first + way;
        }

        for (int way = 0; way < WayCount; way++)
        {
            if (Consider(second + way, digest, ref secondFree, ref secondCount, ref least))
                return second + way;
        }

        // The emptier of the two, so that both fill evenly.
        if (free >= 0 && (secondFree < 0 || firstCount <= secondCount))
            return free;
        return secondFree >= 0 ? secondFree : least;
    }

    private bool Consider(int slot, UInt128 digest, ref int free, ref int count, ref int least)
    {
        if (_slots[slot] is not { } entry)
        {
            if (free < 0)
                free = slot;
            return false;
        }

        count++;
        if (entry.Uses < _slots[least]!.Uses)
            least = slot;
        return entry.Key.Digest == digest;
    }

    private bool RemoveFrom(int start, CacheEntry entry)
    {
        int way = Array.IndexOf(_slots, entry, start, WayCount);
        if (way < 0)
            return false;
        Volatile.Write(ref _slots[way], null);
        return true;
    }
}
