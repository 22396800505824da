namespace Refrain.Vectors;

/// <summary>The slots of a namespace, in the order of their coming. Appended to in place; grown by copying, so that readers keep what they have.</summary>
/// <param name="capacity">Slots there is room for.</param>
internal sealed class SlotList(int capacity)
{
    /// <summary>Stands where a slot was removed.</summary>
    public const uint Removed = uint.MaxValue;

    private readonly uint[] _slots = new uint[capacity];
    private int _length;
    private int _linked;

    /// <summary>Slots and removed ones, as far as they are published.</summary>
    public ReadOnlySpan<uint> Slots => _slots.AsSpan(0, Volatile.Read(ref _length));

    /// <summary>How many places, from the start, the graph covers: never more than there are slots.</summary>
    public int LinkedCount => Volatile.Read(ref _linked);

    /// <summary>As <see cref="Slots"/>, for several threads.</summary>
    public ReadOnlyMemory<uint> Memory => _slots.AsMemory(0, Volatile.Read(ref _length));

    /// <summary>Bytes of memory.</summary>
    public long MemorySize => (long)_slots.Length * sizeof(uint);

    public bool IsFull => _length == _slots.Length;

    /// <summary>Adds a slot, and returns where it stands.</summary>
    public int Append(uint slot)
    {
        _slots[_length] = slot;
        Volatile.Write(ref _length, _length + 1);
        return _length - 1;
    }

    /// <summary>Says that the graph covers the places up to here.</summary>
    public void SetLinked(int count) => Volatile.Write(ref _linked, count);

    public void RemoveAt(int position) => Volatile.Write(ref _slots[position], Removed);
}
