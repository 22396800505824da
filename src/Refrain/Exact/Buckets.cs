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

    /// <summary>Puts an entry in place of the one with its digest, else into a free way.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="displaced">The entry whose place it took: of the same digest, or, when both buckets were full, the least used of another.</param>
    internal void Put(CacheEntry entry, out CacheEntry? displaced)
    {
        int slot = SlotFor(entry.Digest);
        displaced = _slots[slot];
        _tags[slot] = (uint)(entry.Digest >> 64);

        // After its tag: who sees the entry's tag may find the slot empty, never another's tag on it for good.
        Volatile.Write(ref _slots[slot], entry);
    }

    /// <summary>Takes an entry out, if it is still the one there.</summary>
    internal bool Remove(CacheEntry entry)
    {
        ulong place = (ulong)entry.Digest;
        return RemoveFrom(((int)place & _mask) * WayCount, entry) || RemoveFrom(((int)(place >> 32) & _mask) * WayCount, entry);
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
        Survey first = Look(((int)place & _mask) * WayCount, digest);
        Survey second = Look(((int)(place >> 32) & _mask) * WayCount, digest);
        if (first.Same >= 0 || second.Same >= 0)
            return first.Same >= 0 ? first.Same : second.Same;

        Survey emptier = first.Count < PreferredCount || first.Count <= second.Count ? first : second;
        if (emptier.Free >= 0)
            return emptier.Free;
        return _slots[second.LeastUsed]!.Uses < _slots[first.LeastUsed]!.Uses ? second.LeastUsed : first.LeastUsed;
    }

    /// <summary>What a bucket holds, as slots; -1 where there is none.</summary>
    private Survey Look(int start, UInt128 digest)
    {
        var survey = new Survey(Same: -1, Free: -1, LeastUsed: -1, Count: 0);
        int preferred = PreferredWay((uint)(digest >> 64));
        for (int way = 0; way < WayCount; way++)
        {
            int slot = start + ((preferred + way) % WayCount);
            if (_slots[slot] is not { } entry)
            {
                survey = survey with { Free = survey.Free < 0 ? slot : survey.Free };
                continue;
            }

            survey = survey with { Count = survey.Count + 1 };
            if (entry.Digest == digest)
                survey = survey with { Same = slot };
            if (survey.LeastUsed < 0 || entry.Uses < _slots[survey.LeastUsed]!.Uses)
                survey = survey with { LeastUsed = slot };
        }

        return survey;
    }

    private bool RemoveFrom(int start, CacheEntry entry)
    {
        int way = Array.IndexOf(_slots, entry, start, WayCount);
        if (way < 0)
            return false;
        Volatile.Write(ref _slots[way], null);
        return true;
    }

    private readonly record struct Survey(int Same, int Free, int LeastUsed, int Count);
}
