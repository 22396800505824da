namespace Refrain;

/// <summary>Entries in the order they came, linked through themselves. Changed by one writer at a time.</summary>
/// <param name="table">The table whose entries these are.</param>
internal sealed class EntryQueue(ExactTable table)
{
    private CacheEntry? _oldest;
    private CacheEntry? _youngest;

    internal ExactTable Table => table;

    internal long Bytes { get; private set; }

    /// <summary>An entry of the queue takes more than it did.</summary>
    internal void Grow(int bytes) => Bytes += bytes;

    internal CacheEntry? Oldest => _oldest;

    internal void Append(CacheEntry entry)
    {
        entry.Queue = this;
        entry.Older = _youngest;
        entry.Younger = null;
        if (_youngest is null)
            _oldest = entry;
        else
            _youngest.Younger = entry;
        _youngest = entry;
        Bytes += entry.Size;
    }

    internal void Remove(CacheEntry entry)
    {
        if (entry.Older is null)
            _oldest = entry.Younger;
        else
            entry.Older.Younger = entry.Younger;
        if (entry.Younger is null)
            _youngest = entry.Older;
        else
            entry.Younger.Older = entry.Older;
        entry.Older = null;
        entry.Younger = null;
        entry.Queue = null;
        Bytes -= entry.Size;
    }
}
