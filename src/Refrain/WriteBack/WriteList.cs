namespace Refrain;

/// <summary>Writes in the order they are to be made, linked through themselves: any of them leaves without a search. Changed by one thread at a time.</summary>
internal sealed class WriteList
{
    private PendingWrite? _youngest;

    internal PendingWrite? Oldest { get; private set; }

    internal void Append(PendingWrite write)
    {
        write.Older = _youngest;
        write.IsListed = true;
        if (_youngest is null)
            Oldest = write;
        else
            _youngest.Younger = write;
        _youngest = write;
    }

    internal void Prepend(PendingWrite write)
    {
        write.Younger = Oldest;
        write.IsListed = true;
        if (Oldest is null)
            _youngest = write;
        else
            Oldest.Older = write;
        Oldest = write;
    }

    /// <summary>Takes a write out, if it is in.</summary>
    internal void Remove(PendingWrite write)
    {
        if (!write.IsListed)
            return;
        if (write.Older is null)
            Oldest = write.Younger;
        else
            write.Older.Younger = write.Younger;
        if (write.Younger is null)
            _youngest = write.Older;
        else
            write.Younger.Older = write.Older;
        write.Older = null;
        write.Younger = null;
        write.IsListed = false;
    }

    internal IEnumerable<PendingWrite> All()
    {
        for (PendingWrite? write = Oldest; write is not null; write = write.Younger)
            yield return write;
    }
}
