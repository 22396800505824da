namespace Refrain.Vectors;

/// <summary>Vectors that are searched together, and never with others. Written by one thread at a time, read by any.</summary>
/// <param name="id">What the caller calls it.</param>
internal sealed class Namespace(UInt128 id)
{
    private const int CapacityMin = 4;

    private SlotList _list = new(CapacityMin);
    private int _count;
    private int _removalCount;

    public UInt128 Id => id;

    /// <summary>Vectors in it.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// How often a vector was taken out. A search that found nothing while this changed may have passed a vector on its way from one slot to another, and is made again.
    /// </summary>
    public int RemovalCount => Volatile.Read(ref _removalCount);

    public SlotList List => Volatile.Read(ref _list);

    /// <summary>Adds a slot that is published already.</summary>
    public void Append(Arena arena, uint slot)
    {
        if (_list.IsFull)
            Rewrite(arena);
        arena.Position(slot) = _list.Append(slot);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Takes a slot out; it is erased afterwards.</summary>
    public void Remove(Arena arena, uint slot)
    {
        _list.RemoveAt(arena.Position(slot));
        Volatile.Write(ref _count, _count - 1);
    }

    /// <summary>Called once a removed slot is erased.</summary>
    public void CountRemoval() => Interlocked.Increment(ref _removalCount);

    /// <summary>Room for twice the slots that are left: removed ones fall out.</summary>
    private void Rewrite(Arena arena)
    {
        var list = new SlotList(Math.Max(CapacityMin, _count * 2));
        foreach (uint slot in _list.Slots)
            if (slot != SlotList.Removed)
                arena.Position(slot) = list.Append(slot);
        Volatile.Write(ref _list, list);
    }
}
