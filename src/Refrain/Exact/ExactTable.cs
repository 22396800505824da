using System.Collections.Concurrent;

namespace Refrain;

/// <summary>The table in process: entries by digest, bounded in bytes, the least recently admitted going first.</summary>
internal sealed class ExactTable
{
    private readonly ConcurrentDictionary<UInt128, CacheEntry> _entries = new();
    private readonly Queue<CacheEntry> _admitted = new();
    private readonly Lock _writing = new();
    private readonly long _bytesMax;
    private long _bytes;

    internal ExactTable(long bytesMax) => _bytesMax = bytesMax;

    internal long Bytes => Volatile.Read(ref _bytes);

    internal int Count => _entries.Count;

    internal CacheEntry? Find(CacheKey key, CacheScope scope, ReadOnlySpan<byte> text) =>
        _entries.TryGetValue(key.Digest, out CacheEntry? entry) && entry.Answers(scope, text) ? entry : null;

    internal CacheEntry? Find(CacheKey key) =>
        _entries.TryGetValue(key.Digest, out CacheEntry? entry) && entry.Key == key ? entry : null;

    internal void Put(CacheEntry entry)
    {
        if (entry.Size > _bytesMax)
        {
            Remove(entry.Key);
            return;
        }

        lock (_writing)
        {
            if (_entries.TryGetValue(entry.Key.Digest, out CacheEntry? old))
                _bytes -= old.Size;
            _entries[entry.Key.Digest] = entry;
            _bytes += entry.Size;
            _admitted.Enqueue(entry);
            while (_bytes > _bytesMax && _admitted.TryDequeue(out CacheEntry? oldest))
                RemoveLocked(oldest);
        }
    }

    internal bool Remove(CacheKey key)
    {
        lock (_writing)
            return _entries.TryGetValue(key.Digest, out CacheEntry? entry) && RemoveLocked(entry);
    }

    internal void Clear()
    {
        lock (_writing)
        {
            _entries.Clear();
            _admitted.Clear();
            _bytes = 0;
        }
    }

    private bool RemoveLocked(CacheEntry entry)
    {
        if (!_entries.TryRemove(KeyValuePair.Create(entry.Key.Digest, entry)))
            return false;
        _bytes -= entry.Size;
        return true;
    }
}
