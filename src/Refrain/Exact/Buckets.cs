using System.Numerics;
using Refrain.Vectors;

namespace Refrain;

/// <summary>
/// Where entries lie: two buckets of seven ways a digest, nearly always the first. A lookup reads at most two numbers of tags, whatever was stored, and mostly one. Readers take no lock: a slot is
/// one reference, the entry behind it never changes, and whoever reads it compares it whole.
/// </summary>
/// <remarks>Changed by one writer at a time. A live entry never moves within a table, so no reader can pass it by.</remarks>
internal sealed class Buckets
{
    /// <summary>Ways of a bucket: a tag of a byte for each, and a byte more, make one number.</summary>
    internal const int WayCount = 7;

    private const int LeastBucketCount = 128;

    /// <summary>A first bucket with fewer entries takes another, so that most lookups need no second.</summary>
    private const int PreferredCount = WayCount - 1;

    private const int TagBits = 8;

    /// <summary>One in each tag.</summary>
    private const ulong Ones = 0x01_0101_0101_0101;

    /// <summary>Where the byte above the tags stands: how many entries lie in their second bucket whose first this is. None tells a lookup that it need not read the second.</summary>
    private const int AwayShift = WayCount * TagBits;

    /// <summary>From here on they are not counted any more, and every lookup reads the second bucket.</summary>
    private const int AwayMax = byte.MaxValue;

    private readonly ulong[] _tags;
    private readonly CacheEntry?[] _slots;
    private readonly int _mask;

    /// <param name="entryCount">How many entries are expected: they fill at most half.</param>
    internal Buckets(int entryCount)
    {
        int bucketCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(LeastBucketCount, entryCount * 2L / WayCount));
        _mask = bucketCount - 1;
        _tags = new ulong[bucketCount];
        _slots = new CacheEntry?[bucketCount * WayCount];
    }

    /// <summary>Entries it holds before another table, twice as large, should take its place.</summary>
    internal int CountMax => _slots.Length / 2;

    internal CacheEntry? Find(UInt128 digest)
    {
        int first = FirstOf(digest);
        ulong tags = Volatile.Read(ref _tags[first]);

        // Most entries got the way that they prefer: a slot that is read while its tag is, where those of the others wait for it.
        int way = PreferredWay(digest);
        if ((byte)(tags >> (way * TagBits)) == TagOf(digest) && Volatile.Read(ref _slots[(first * WayCount) + way]) is { } entry && entry.Digest == digest)
            return entry;
        return FindIn(first, tags, digest) ?? (AwayIn(tags) == 0 ? null : FindIn(SecondOf(digest), digest));
    }

    /// <summary>The same for a digest that is most likely here: the entry is looked at where it most likely lies, without its tag, which is a line of memory of its own.</summary>
    internal CacheEntry? FindLikely(UInt128 digest)
    {
        int preferred = (FirstOf(digest) * WayCount) + PreferredWay(digest);
        return Volatile.Read(ref _slots[preferred]) is { } entry && entry.Digest == digest ? entry : Find(digest);
    }

    /// <summary>Fetches the entry that <see cref="FindLikely"/> would look at first.</summary>
    internal void FetchLikely(UInt128 digest) => Kernel.PrefetchObject(Volatile.Read(ref _slots[(FirstOf(digest) * WayCount) + PreferredWay(digest)]), CacheEntry.FetchedSize);

    /// <summary>Puts an entry whose digest is not there into a free way.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="displaced">The entry whose place it took, when both buckets were full: the least used.</param>
    internal void Put(CacheEntry entry, out CacheEntry? displaced)
    {
        int slot = SlotFor(entry.Digest);
        displaced = _slots[slot];
        if (displaced is not null)
            CountAway(displaced, slot, -1);
        CountAway(entry, slot, 1);
        SetTag(slot, TagOf(entry.Digest));

        // After its tag: who sees the entry's tag may find the slot empty, never another's tag on it for good.
        Volatile.Write(ref _slots[slot], entry);
    }

    /// <summary>Takes an entry out, if it is still the one there.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Remove(CacheEntry entry)
    {
        int slot = SlotOf(entry);
        if (slot < 0)
            return false;
        Volatile.Write(ref _slots[slot], null);
        SetTag(slot, 0);
        CountAway(entry, slot, -1);
        return true;
    }

    /// <summary>Puts an entry of the same digest in place of another.</summary>
    /// <returns>Whether the other was there.</returns>
    internal bool Replace(CacheEntry old, CacheEntry by)
    {
        int slot = SlotOf(old);
        if (slot < 0)
            return false;
        Volatile.Write(ref _slots[slot], by);
        return true;
    }

    private static byte TagOf(UInt128 digest) => (byte)(digest >> 64);

    private static int PreferredWay(UInt128 digest) => (int)(((ulong)(digest >> 96) * WayCount) >> 32);

    private static int AwayIn(ulong tags) => (int)(tags >> AwayShift);

    private int FirstOf(UInt128 digest) => (int)(ulong)digest & _mask;

    private int SecondOf(UInt128 digest) => (int)((ulong)digest >> 32) & _mask;

    private CacheEntry? FindIn(int bucket, UInt128 digest) => FindIn(bucket, Volatile.Read(ref _tags[bucket]), digest);

    private CacheEntry? FindIn(int bucket, ulong tags, UInt128 digest)
    {
        // The top bit of each tag that is equal, and of some above such a one that are not: all the same, the entry is compared.
        ulong differences = tags ^ (TagOf(digest) * Ones);
        for (ulong equal = (differences - Ones) & ~differences & (Ones << (TagBits - 1)); equal != 0; equal &= equal - 1)
        {
            int way = BitOperations.TrailingZeroCount(equal) / TagBits;
            if (Volatile.Read(ref _slots[(bucket * WayCount) + way]) is { } entry && entry.Digest == digest)
                return entry;
        }

        return null;
    }

    private int SlotFor(UInt128 digest)
    {
        int first = FirstOf(digest) * WayCount;
        int second = SecondOf(digest) * WayCount;
        int preferred = first + PreferredWay(digest);
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

    private int SlotOf(CacheEntry entry)
    {
        int slot = Array.IndexOf(_slots, entry, FirstOf(entry.Digest) * WayCount, WayCount);
        return slot >= 0 ? slot : Array.IndexOf(_slots, entry, SecondOf(entry.Digest) * WayCount, WayCount);
    }

    private void SetTag(int slot, byte tag)
    {
        ref ulong tags = ref _tags[slot / WayCount];
        int shift = slot % WayCount * TagBits;
        Volatile.Write(ref tags, (tags & ~((ulong)byte.MaxValue << shift)) | ((ulong)tag << shift));
    }

    /// <summary>Counts one more or one less in its second bucket, if this slot is there.</summary>
    private void CountAway(CacheEntry entry, int slot, int change)
    {
        int first = FirstOf(entry.Digest);
        int away = AwayIn(_tags[first]);
        if (slot / WayCount == first || away == AwayMax)
            return;
        Volatile.Write(ref _tags[first], (_tags[first] << TagBits >> TagBits) | ((ulong)(away + change) << AwayShift));
    }
}
