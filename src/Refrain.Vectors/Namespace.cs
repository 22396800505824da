using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Vectors that are searched together, and never with others. Written by one thread at a time, read by any.</summary>
/// <param name="id">What the caller calls it.</param>
internal sealed unsafe class Namespace(UInt128 id)
{
    private const int CapacityMin = 4;

    /// <summary>From this many vectors on there are band tables; fewer sketches are compared faster than tables are asked.</summary>
    public const int BandsCountMin = 1024;

    /// <summary>From this many vectors on they are linked to a graph.</summary>
    public const int GraphCountMin = 4096;

    /// <summary>Slots that a step takes along from the old tables to the new ones, while both exist: writes wait so long, some 15 µs.</summary>
    private const int MovedAStep = 32;

    /// <summary>New tables have room for so many vectors, one for each that is there, and a part more.</summary>
    private static int Roomy(int count) => count + count / 4;

    private BandTable? _bands;
    private BandTable? _nextBands;
    private int _moved;
    private int _moveEnd;
    private SlotList _list = new(CapacityMin);
    private int _count;
    private int _listed;

    public UInt128 Id => id;

    /// <summary>Vectors in it, without those that wait to be taken out.</summary>
    public int Count => Volatile.Read(ref _count);

    public SlotList List => Volatile.Read(ref _list);

    /// <summary>The band tables; null where there are too few vectors.</summary>
    public BandTable? Bands => Volatile.Read(ref _bands);

    /// <summary>Whether larger tables are being filled, by <see cref="MoveSome"/>.</summary>
    public bool IsMoving => Volatile.Read(ref _nextBands) is not null;

    /// <summary>Bytes of the tables.</summary>
    public long TableSize => (_bands?.MemorySize ?? 0) + (_nextBands?.MemorySize ?? 0);

    /// <summary>The memory of the tables. For the writer only.</summary>
    public IEnumerable<(nint Address, long Size)> Blocks => [.. _bands?.Blocks ?? [], .. _nextBands?.Blocks ?? []];

    /// <summary>Places that wait to be linked; 0 where there are too few vectors for a graph.</summary>
    public int UnlinkedCount
    {
        get
        {
            SlotList list = List;
            int linked = list.LinkedCount;
            return linked == 0 && Count < GraphCountMin ? 0 : list.Slots.Length - linked;
        }
    }

    /// <summary>The next slot that is to be linked.</summary>
    /// <param name="arena">The slots.</param>
    /// <param name="slot">The slot, or <see cref="SlotList.Removed"/> where one was.</param>
    /// <param name="list">The list it stands in, for <see cref="CountLinked"/>.</param>
    /// <returns>False: there is none, or there are too few vectors for a graph.</returns>
    public bool TryPeekUnlinked(Arena arena, out uint slot, out SlotList list)
    {
        list = List;
        ReadOnlySpan<uint> slots = list.Slots;
        int next = list.LinkedCount;
        bool any = next < slots.Length && (next > 0 || Count >= GraphCountMin);
        slot = any ? slots[next] : SlotList.Removed;
        if (slot >= arena.SlotCount)
            slot = SlotList.Removed;
        return any;
    }

    /// <summary>Counts the slot that was looked at last as linked, unless the list has been rewritten meanwhile: then it is looked at again.</summary>
    public void CountLinked(SlotList list)
    {
        if (list == List)
            list.SetLinked(list.LinkedCount + 1);
    }

    /// <summary>Adds a slot that is published already, and has its sketch.</summary>
    public void Append(Arena arena, Sketches sketches, uint slot)
    {
        if (_list.IsFull)
            Rewrite(arena);
        _nextBands?.Add(slot);
        _bands?.Add(slot);
        arena.Position(slot) = _list.Append(slot);
        _listed++;
        Volatile.Write(ref _count, _count + 1);
        if (_nextBands is null && (_bands is null ? _count >= BandsCountMin : _count > _bands.Capacity || _bands.IsTangled(_count)))
            BeginMove(sketches);
    }

    /// <summary>Adds a slot before there are band tables; <see cref="RebuildBands"/> follows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AppendWithoutBands(Arena arena, uint slot)
    {
        if (_list.IsFull)
            Rewrite(arena);
        arena.Position(slot) = _list.Append(slot);
        _listed++;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Counts one less: a slot is retired, and stands here until <see cref="Remove"/>.</summary>
    public void CountRetired() => Volatile.Write(ref _count, _count - 1);

    /// <summary>Takes a retired slot out, which no search needs any more; it is erased afterwards.</summary>
    public void Remove(Arena arena, uint slot)
    {
        int position = arena.Position(slot);
        _list.RemoveAt(position);
        _bands?.Remove(slot);
        // Those in between have not been moved yet, and now never will be.
        if (position < _moved || position >= _moveEnd)
            _nextBands?.Remove(slot);
        _listed--;
        if (_listed > 0)
            return;
        // It was the last, and what comes under this name makes a namespace of its own.
        _bands?.Free();
        _nextBands?.Free();
        _bands = _nextBands = null;
    }

    /// <summary>Makes band tables from nothing, all at once: when an index is opened, or its mean was measured.</summary>
    public void RebuildBands(Sketches sketches)
    {
        _nextBands = null;
        if (_count < BandsCountMin)
        {
            Volatile.Write(ref _bands, null);
            return;
        }
        var bands = new BandTable(sketches, Roomy(_count));
        bands.AddAll(_list.Memory);
        Volatile.Write(ref _bands, bands);
    }

    /// <summary>Takes some slots along to the new tables.</summary>
    /// <returns>The old tables, once the new ones have taken their place; searches under way may still read them.</returns>
    public BandTable? MoveSome()
    {
        if (_nextBands is null)
            return null;
        ReadOnlySpan<uint> slots = _list.Slots[.._moveEnd];
        int end = Math.Min(_moved + MovedAStep, _moveEnd);
        foreach (uint slot in slots[_moved..end])
            if (slot != SlotList.Removed)
                Kernel.Prefetch(_nextBands.Sketches.Of(slot));
        for (; _moved < end; _moved++)
            if (slots[_moved] != SlotList.Removed)
                _nextBands.Add(slots[_moved]);
        if (_moved < _moveEnd)
            return null;
        BandTable? before = _bands;
        Volatile.Write(ref _bands, _nextBands);
        Volatile.Write(ref _nextBands, null);
        return before;
    }

    private void BeginMove(Sketches sketches)
    {
        _nextBands?.Free();
        _moved = 0;
        _moveEnd = _list.Slots.Length;
        Volatile.Write(ref _nextBands, new BandTable(sketches, Roomy(_count)));
    }

    /// <summary>Room for twice the slots that are left: removed ones fall out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rewrite(Arena arena)
    {
        var list = new SlotList(Math.Max(CapacityMin, _listed * 2));
        ReadOnlySpan<uint> before = _list.Slots;
        int linked = 0, linkedBefore = _list.LinkedCount;
        for (int i = 0; i < before.Length; i++)
        {
            if (before[i] == SlotList.Removed)
                continue;
            arena.Position(before[i]) = list.Append(before[i]);
            linked += i < linkedBefore ? 1 : 0;
        }
        list.SetLinked(linked);
        Volatile.Write(ref _list, list);
        if (_nextBands is null)
            return;
        // What was moved is known by its place in the list, and the places are others now.
        BeginMove(_nextBands.Sketches);
    }
}
