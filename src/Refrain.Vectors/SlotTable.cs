using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Finds the slot of a namespace and key: open addressing, four bytes a place, the keys themselves in the slots. For the writer only.</summary>
/// <param name="arena">Where the slots are.</param>
internal sealed unsafe class SlotTable(Arena arena)
{
    private const uint Empty = 0;

    private uint[] _places = new uint[64]; // Slot plus one.
    private int _count;

    /// <summary>Keys in it; may be read without the writer's lock.</summary>
    public int Count => Volatile.Read(ref _count);

    public long MemorySize => (long)_places.Length * sizeof(uint);

    /// <summary>The slot that holds a key.</summary>
    public bool TryFind(UInt128 space, UInt128 key, out uint slot)
    {
        int mask = _places.Length - 1;
        for (int place = Hash(space, key) & mask; _places[place] != Empty; place = (place + 1) & mask)
        {
            slot = _places[place] - 1;
            var header = (RecordHeader*)arena.Record(slot);
            if (header->Key == key && header->Namespace == space)
                return true;
        }
        slot = 0;
        return false;
    }

    /// <summary>Points a key at a slot, whose header is written already; another slot of the same key is forgotten.</summary>
    public void Set(UInt128 space, UInt128 key, uint slot)
    {
        if ((_count + 1) * 4 > _places.Length * 3)
            Grow();
        int mask = _places.Length - 1;
        int place = Hash(space, key) & mask;
        for (; _places[place] != Empty; place = (place + 1) & mask)
        {
            var header = (RecordHeader*)arena.Record(_places[place] - 1);
            if (header->Key != key || header->Namespace != space)
                continue;
            _places[place] = slot + 1;
            return;
        }
        _places[place] = slot + 1;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Points a slot's key at it, unless the key is known already. There must be room: see <see cref="Reserve"/>.</summary>
    /// <param name="headers">The headers of all slots, by their numbers.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="other">The slot that the key points at: this one, or an earlier one.</param>
    /// <returns>False: the key points at an earlier one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryAdd(RecordHeader* headers, uint slot, out uint other)
    {
        int mask = _places.Length - 1;
        int place = HashOf(headers + slot) & mask;
        for (; _places[place] != Empty; place = (place + 1) & mask)
        {
            other = _places[place] - 1;
            if (headers[other].Key == headers[slot].Key && headers[other].Namespace == headers[slot].Namespace)
                return false;
        }
        other = slot;
        _places[place] = slot + 1;
        Volatile.Write(ref _count, _count + 1);
        return true;
    }

    /// <summary>Fetches the place of a slot's key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(RecordHeader* headers, uint slot)
    {
        fixed (uint* place = &_places[HashOf(headers + slot) & (_places.Length - 1)])
            Kernel.Prefetch(place);
    }

    /// <summary>Fetches the header of the slot that stands at the place of another's key, if one does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchOther(RecordHeader* headers, uint slot)
    {
        uint entry = _places[HashOf(headers + slot) & (_places.Length - 1)];
        if (entry != Empty)
            Kernel.Prefetch(headers + entry - 1);
    }

    /// <summary>Makes room for so many keys at once; only while there are none.</summary>
    public void Reserve(int count) => _places = new uint[Math.Max(_places.Length, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count * 2))];

    /// <summary>Forgets a key; its slot's header must still be there.</summary>
    public void Remove(UInt128 space, UInt128 key)
    {
        int mask = _places.Length - 1;
        int place = Hash(space, key) & mask;
        for (; ; place = (place + 1) & mask)
        {
            if (_places[place] == Empty)
                return;
            var header = (RecordHeader*)arena.Record(_places[place] - 1);
            if (header->Key == key && header->Namespace == space)
                break;
        }
        // Those behind move up, so that no search stops at the gap.
        int gap = place;
        for (int next = (gap + 1) & mask; _places[next] != Empty; next = (next + 1) & mask)
        {
            var header = (RecordHeader*)arena.Record(_places[next] - 1);
            int home = Hash(header->Namespace, header->Key) & mask;
            if (((next - home) & mask) < ((next - gap) & mask))
                continue;
            _places[gap] = _places[next];
            gap = next;
        }
        _places[gap] = Empty;
        Volatile.Write(ref _count, _count - 1);
    }

    private void Grow()
    {
        uint[] before = _places;
        _places = new uint[before.Length * 2];
        int mask = _places.Length - 1;
        foreach (uint entry in before)
        {
            if (entry == Empty)
                continue;
            var header = (RecordHeader*)arena.Record(entry - 1);
            int place = Hash(header->Namespace, header->Key) & mask;
            while (_places[place] != Empty)
                place = (place + 1) & mask;
            _places[place] = entry;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int HashOf(RecordHeader* header) => Hash(header->Namespace, header->Key);

    /// <summary>Mixes all 256 bits: callers may number their keys from 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Hash(UInt128 space, UInt128 key)
    {
        ulong a = ((ulong)key ^ 0x9E37_79B9_7F4A_7C15) * 0xBF58_476D_1CE4_E5B9;
        ulong b = ((ulong)(key >> 64) ^ (a >> 29)) * 0x94D0_49BB_1331_11EB;
        ulong c = ((ulong)space ^ a ^ (b >> 31)) * 0x9E37_79B9_7F4A_7C15;
        ulong d = ((ulong)(space >> 64) ^ b ^ (c >> 27)) * 0xBF58_476D_1CE4_E5B9;
        return (int)((d ^ (d >> 32)) & int.MaxValue);
    }
}
