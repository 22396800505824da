using System.Numerics;
using Refrain.Vectors;

namespace Refrain;

/// <summary>
/// Long texts by a hash of a few samples of them, so that a hit need not hash what it compares whole anyway. Texts that agree in all samples share a place:
/// those for which it has no room are found by their digest, as all others are.
/// </summary>
/// <remarks>Changed by one writer at a time, together with the table; readers take no lock.</remarks>
internal sealed class SampleIndex
{
    private const int WayCount = 4;

    /// <summary>Texts compared before a lookup turns to the digest: who stores many that agree in all samples slows down his own by so much.</summary>
    private const int ComparisonsMax = 2;

    private readonly AsciiDigest _digest = new((ulong)Random.Shared.NextInt64());
    private readonly uint[] _tags;
    private readonly byte[]?[] _texts;
    private readonly CacheEntry?[] _slots;
    private readonly int _mask;

    /// <param name="entryCount">How many entries are expected: they fill at most a quarter, so that few buckets are full.</param>
    internal SampleIndex(int entryCount)
    {
        int bucketCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, entryCount * 4L / WayCount));
        _mask = bucketCount - 1;
        _tags = new uint[bucketCount * WayCount];
        _texts = new byte[]?[bucketCount * WayCount];
        _slots = new CacheEntry?[bucketCount * WayCount];
    }

    /// <summary>Entries filed here.</summary>
    internal int Count { get; private set; }

    /// <summary>Entries it holds before another index, twice as large, should take its place.</summary>
    internal int CountMax => _slots.Length / 4;

    /// <summary>Whether texts of this length are filed here.</summary>
    internal static bool Takes(int length) => length >= AsciiDigest.SampledLengthMin;

    /// <summary>Whether this entry is to be filed here.</summary>
    internal static bool Takes(CacheEntry entry) => entry.IsAscii && Takes(entry.Text.Length);

    /// <summary>The entry that answers exactly this request, if it is filed here.</summary>
    /// <param name="scopeDigest">Digest of the scope under the store's seed.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="text">A text of a length that this index takes.</param>
    internal CacheEntry? Find(UInt128 scopeDigest, CacheScope scope, string text)
    {
        ulong hash = _digest.Sample(scopeDigest, text);
        uint tag = (uint)(hash >> 32);
        int start = ((int)hash & _mask) * WayCount;
        int comparisons = 0;
        for (int slot = start; slot < start + WayCount; slot++)
        {
            if (_tags[slot] != tag || _texts[slot] is not { } bytes)
                continue;

            // The text lies here as well, so that all of it is fetched while the entry is.
            AsciiText.Fetch(bytes, text.Length);
            if (Volatile.Read(ref _slots[slot]) is { } entry && entry.Text == bytes && AsciiText.Equals(text, bytes) && entry.Scope.Equals(scope))
                return entry;
            if (++comparisons == ComparisonsMax)
                break;
        }

        return null;
    }

    /// <summary>Files an entry that it takes, in place of another where its bucket is full.</summary>
    internal void Put(CacheEntry entry)
    {
        ulong hash = _digest.Sample(entry.Key.Scope, entry.Text);
        int start = ((int)hash & _mask) * WayCount;
        int free = Array.IndexOf(_slots, null, start, WayCount);
        int slot = free >= 0 ? free : start + (int)(hash >> 62);
        if (free >= 0)
            Count++;
        _tags[slot] = (uint)(hash >> 32);
        _texts[slot] = entry.Text;
        Volatile.Write(ref _slots[slot], entry);
    }

    /// <summary>Takes an entry out, if it is here.</summary>
    /// <returns>Its place, for <see cref="PutAt"/>; -1 if it is not here.</returns>
    internal int TakeOut(CacheEntry entry)
    {
        if (!Takes(entry))
            return -1;
        int slot = Array.IndexOf(_slots, entry, ((int)_digest.Sample(entry.Key.Scope, entry.Text) & _mask) * WayCount, WayCount);
        if (slot < 0)
            return -1;
        Count--;
        _texts[slot] = null;
        Volatile.Write(ref _slots[slot], null);
        return slot;
    }

    /// <summary>Files an entry where another of the same text was taken out.</summary>
    internal void PutAt(int place, CacheEntry entry)
    {
        Count++;
        _texts[place] = entry.Text;
        Volatile.Write(ref _slots[place], entry);
    }
}
