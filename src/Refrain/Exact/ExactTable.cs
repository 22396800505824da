using System.Diagnostics;
using Refrain.Vectors;

namespace Refrain;

/// <summary>
/// The table in process: entries by digest, bounded in bytes. Reads take no lock and change at most one byte of the entry they find.
/// Evicts by S3-FIFO (Yang et al., SOSP 2023) with credit for what an entry saves by the byte.
/// </summary>
/// <remarks>
/// A new entry starts in a small queue, which a scan runs through without touching the rest; one that was used meanwhile, or comes back soon, moves to the main
/// queue, where every use buys another round. An entry that saves more per byte than the average gets some rounds for nothing.
/// </remarks>
internal sealed class ExactTable : IFetcher
{
    /// <summary>The small queue's share of the budget: one in so many.</summary>
    private const int SmallShare = 10;

    /// <summary>Uses, or credit, that an entry needs to leave the small queue for the main one.</summary>
    private const int UsesToStay = 1;

    /// <summary>Entries looked at under one lock when those are dropped that have ended.</summary>
    private const int EndedCountMax = 256;

    /// <summary>Keys share a stamp by the last byte of their digest.</summary>
    private const int StampCount = 256;

    private readonly Lock _writing = new();
    private readonly long[] _stamps = new long[StampCount];
    private readonly EntryQueue _small;
    private readonly EntryQueue _main;
    private readonly ExpiryWheel _ends = new();
    private readonly CreditRule _credit = new();
    private readonly long _bytesMax;
    private Buckets _buckets = new(0);
    private SampleIndex _samples = new(0);
    private GhostList _ghosts = new(0);
    private int _count;
    private long _bytes;

    /// <param name="bytesMax">Bytes that the entries may take, with all they hold.</param>
    internal ExactTable(long bytesMax)
    {
        _bytesMax = bytesMax;
        _small = new EntryQueue(this);
        _main = new EntryQueue(this);
    }

    internal long Bytes => Volatile.Read(ref _bytes);

    internal int Count => Volatile.Read(ref _count);

    /// <summary>The entry that answers exactly this request.</summary>
    internal CacheEntry? Find(CacheKey key, CacheScope scope, ReadOnlySpan<byte> text)
    {
        CacheEntry? entry = Volatile.Read(ref _buckets).Find(key.Digest);
        if (entry is null || !entry.Answers(scope, text))
            return null;
        entry.Touch();
        return entry;
    }

    /// <summary>The entry that answers exactly this request, if its text is ASCII.</summary>
    internal CacheEntry? Find(UInt128 digest, CacheScope scope, string text)
    {
        CacheEntry? entry = Volatile.Read(ref _buckets).Find(digest);
        if (entry is null || !entry.IsAscii || !entry.Answers(scope, text))
            return null;
        entry.Touch();
        return entry;
    }

    /// <summary>The entry that answers exactly this request, if it is found without hashing its whole text.</summary>
    /// <param name="scopeDigest">Digest of the scope under the store's seed.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="text">A text that <see cref="SampleIndex.Takes(int)"/>.</param>
    internal CacheEntry? FindSampled(UInt128 scopeDigest, CacheScope scope, string text)
    {
        CacheEntry? entry = Volatile.Read(ref _samples).Find(scopeDigest, scope, text);
        entry?.Touch();
        return entry;
    }

    /// <summary>The entry with a digest, without counting that as a use; whoever asks compares its bytes.</summary>
    internal CacheEntry? Peek(UInt128 digest) => Volatile.Read(ref _buckets).Find(digest);

    /// <summary>The entry at a key that was met elsewhere, and so is most likely here; whoever asks compares its bytes.</summary>
    internal CacheEntry? Find(CacheKey key)
    {
        CacheEntry? entry = Volatile.Read(ref _buckets).FindLikely(key.Digest);
        if (entry is null || entry.Key != key)
            return null;
        entry.Touch();
        return entry;
    }

    void IFetcher.Fetch(UInt128 digest) => Volatile.Read(ref _buckets).FetchLikely(digest);

    /// <summary>Changes whenever something at this key, or at one that shares its stamp, is stored or removed.</summary>
    internal long StampOf(CacheKey key) => Volatile.Read(ref _stamps[(byte)key.Digest]);

    /// <summary>Takes an entry in, in place of the one at its key, and lets others go until the budget holds.</summary>
    internal void Put(CacheEntry entry)
    {
        lock (_writing)
        {
            _stamps[(byte)entry.Key.Digest]++;

            // A digest shared by two requests keeps the newer; each compares its own bytes.
            CacheEntry? old = _buckets.Find(entry.Key.Digest);
            if (old is not null && old.Key == entry.Key && old.Version > entry.Version && entry.Version != 0)
                return;
            Accept(entry, old);
        }
    }

    /// <summary>Takes in an entry that was read from the store, unless something was stored or removed at its key since: what was read may be older than that.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="stamp">The <see cref="StampOf"/> its key before it was read.</param>
    internal void Promote(CacheEntry entry, long stamp)
    {
        lock (_writing)
        {
            CacheEntry? there = _buckets.Find(entry.Key.Digest);
            if (_stamps[(byte)entry.Key.Digest] == stamp && there?.Key != entry.Key)
                Accept(entry, there);
        }
    }

    /// <summary>
    /// Tells that an entry can now be read from the store, or from what waits to be written: whoever has read an older one since it was put may have promoted
    /// that, and whoever reads one still may not promote it.
    /// </summary>
    internal void Settle(CacheEntry entry)
    {
        lock (_writing)
        {
            _stamps[(byte)entry.Key.Digest]++;
            if (_buckets.Find(entry.Key.Digest) is { } there && there.Key == entry.Key && there.Version < entry.Version)
                Drop(there);
        }
    }

    /// <summary>Puts an entry in place of this very one, if it is still there.</summary>
    internal void Replace(CacheEntry known, CacheEntry by)
    {
        lock (_writing)
        {
            if (known.Queue is null)
                return;
            _stamps[(byte)by.Key.Digest]++;
            Accept(by, _buckets.Find(by.Key.Digest));
        }
    }

    internal bool Remove(CacheKey key)
    {
        lock (_writing)
        {
            _stamps[(byte)key.Digest]++;
            if (_buckets.Find(key.Digest) is not { } entry || entry.Key != key)
                return false;
            Drop(entry);
            return true;
        }
    }

    /// <summary>Takes out this very entry, and no other that may have come to its key.</summary>
    internal void Remove(CacheEntry entry)
    {
        lock (_writing)
        {
            if (entry.Queue is not null)
                Drop(entry);
        }
    }

    internal void Clear()
    {
        lock (_writing)
        {
            for (int i = 0; i < StampCount; i++)
                _stamps[i]++;
            Volatile.Write(ref _samples, new SampleIndex(0));
            Volatile.Write(ref _buckets, new Buckets(0));
            while ((_small.Oldest ?? _main.Oldest) is { } entry)
            {
                _ends.Remove(entry);
                entry.Queue!.Remove(entry);
            }

            _ghosts = new GhostList(0);
            _count = 0;
            Volatile.Write(ref _bytes, 0);
        }
    }

    /// <summary>Lets go what has ended, so that it takes no room from what has not. Holds the lock for few entries at a time.</summary>
    /// <param name="nowTicks">Now, on the entries' clock.</param>
    internal void DropEnded(long nowTicks)
    {
        var ended = new List<CacheEntry>();
        for (bool isMore = true; isMore; ended.Clear())
        {
            lock (_writing)
            {
                isMore = _ends.Collect(nowTicks, EndedCountMax, ended);
                ended.ForEach(Drop);
            }
        }
    }

    /// <summary>Keeps an answer's text with its entry, and counts it, while the entry is in the table.</summary>
    internal void Keep(CacheEntry entry, string text)
    {
        lock (_writing)
        {
            if (entry.Queue is not { } queue || !entry.TryKeep(text, out int grown))
                return;
            queue.Grow(grown);
            Volatile.Write(ref _bytes, _bytes + grown);
            MakeRoom();
        }
    }

    /// <summary>The entries that are in the table now, the longest kept first.</summary>
    internal List<CacheEntry> Snapshot()
    {
        lock (_writing)
        {
            return [.. All()];
        }
    }

    /// <param name="entry">The entry.</param>
    /// <param name="old">The one that has its digest now.</param>
    private void Accept(CacheEntry entry, CacheEntry? old)
    {
        if (old is not null)
            Exchange(old, entry);
        else if (entry.Size <= _bytesMax)
            Insert(entry);
        MakeRoom();
    }

    private void Insert(CacheEntry entry)
    {
        if (_count >= _buckets.CountMax)
            Grow();
        EntryQueue queue = _ghosts.Remove(entry.Key.Digest) ? _main : _small;
        entry.Credit = _credit.Of(entry);
        _buckets.Put(entry, out CacheEntry? displaced);
        Account(displaced, entry, queue);
        if (SampleIndex.Takes(entry))
            Sample(entry);
    }

    private void Sample(CacheEntry entry)
    {
        if (_samples.Count < _samples.CountMax)
        {
            _samples.Put(entry);
            return;
        }

        var grown = new SampleIndex(_samples.Count * 2);
        foreach (CacheEntry kept in All())
        {
            if (SampleIndex.Takes(kept))
                grown.Put(kept);
        }

        Volatile.Write(ref _samples, grown);
    }

    private IEnumerable<CacheEntry> All()
    {
        for (CacheEntry? entry = _main.Oldest; entry is not null; entry = entry.Younger)
            yield return entry;
        for (CacheEntry? entry = _small.Oldest; entry is not null; entry = entry.Younger)
            yield return entry;
    }

    private void Exchange(CacheEntry old, CacheEntry entry)
    {
        if (entry.Size > _bytesMax)
        {
            Drop(old);
            return;
        }

        EntryQueue queue = old.Queue!;
        entry.Credit = _credit.Of(entry);
        entry.TakeUsesOf(old);

        // Out of the samples before the new one is in the table: nobody who has seen the new one finds the old one after it.
        int place = _samples.TakeOut(old);
        bool wasThere = _buckets.Replace(old, entry);
        Debug.Assert(wasThere, "An entry in a queue is in the table.");
        _ends.Remove(old);
        _ends.Add(entry);
        queue.Remove(old);
        queue.Append(entry);
        Volatile.Write(ref _bytes, _bytes - old.Size + entry.Size);
        if (place >= 0 && old.Key == entry.Key && old.Text.AsSpan().SequenceEqual(entry.Text))
            _samples.PutAt(place, entry);
        else if (SampleIndex.Takes(entry))
            Sample(entry);
    }

    private void Account(CacheEntry? displaced, CacheEntry entry, EntryQueue queue)
    {
        long bytes = _bytes + entry.Size;
        if (displaced is not null)
        {
            Forget(displaced);
            bytes -= displaced.Size;
        }
        else
        {
            Volatile.Write(ref _count, _count + 1);
        }

        queue.Append(entry);
        _ends.Add(entry);
        Volatile.Write(ref _bytes, bytes);
    }

    /// <summary>Takes an entry out of all but the buckets.</summary>
    private void Forget(CacheEntry entry)
    {
        _samples.TakeOut(entry);
        _ends.Remove(entry);
        entry.Queue!.Remove(entry);
    }

    private void Drop(CacheEntry entry)
    {
        // Out of the samples first: who no longer finds it in the table does not find it there.
        Forget(entry);
        bool wasThere = _buckets.Remove(entry);
        Debug.Assert(wasThere, "An entry in a queue is in the table.");
        Volatile.Write(ref _count, _count - 1);
        Volatile.Write(ref _bytes, _bytes - entry.Size);
    }

    private void MakeRoom()
    {
        while (_bytes > _bytesMax)
        {
            if (_small.Oldest is { } young && (_small.Bytes > _bytesMax / SmallShare || _main.Oldest is null))
                EvictFromSmall(young);
            else
                EvictFromMain(_main.Oldest!);
        }
    }

    private void EvictFromSmall(CacheEntry entry)
    {
        if (entry.Uses + entry.Credit >= UsesToStay)
        {
            _small.Remove(entry);
            entry.ForgetUses();
            _main.Append(entry);
            return;
        }

        Drop(entry);
        _ghosts.Add(entry.Key.Digest);
    }

    private void EvictFromMain(CacheEntry entry)
    {
        if (!entry.SpendUse())
        {
            Drop(entry);
            return;
        }

        _main.Remove(entry);
        _main.Append(entry);
    }

    private void Grow()
    {
        var grown = new Buckets(_count * 2);
        foreach (CacheEntry entry in All())
        {
            grown.Put(entry, out CacheEntry? displaced);
            if (displaced is null)
                continue;
            Forget(displaced);
            _count--;
            _bytes -= displaced.Size;
        }

        _ghosts = new GhostList(grown.CountMax);
        Volatile.Write(ref _buckets, grown);
    }
}
