using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>
/// Finds slots whose sketches agree in a band of K signs: L tables, each keyed by a band of its own. Lines that are full grow chains; nothing is ever overwritten.
/// Written by one thread at a time, read by any.
/// </summary>
internal sealed unsafe class BandTable
{
    private const int KeyLengthMin = 10;
    private const int ChainBlockLength = 1024;
    private const int FilledALine = 10;
    private const int Ahead = 16;

    private readonly NativeBlock _block;
    private readonly uint _lineCount;
    private readonly byte[] _tableOf;
    private readonly Lock _chaining = new();
    private NativeBlock[] _chainBlocks = [];
    private uint _chainLength;

    /// <param name="sketches">What the keys are taken from.</param>
    /// <param name="capacity">Entries for which the lines are meant; more only make chains longer.</param>
    public BandTable(Sketches sketches, int capacity)
    {
        Sketches = sketches;
        Capacity = capacity;
        // Half a vector a key, to one: with fewer signs more sketches are looked at, with more signs more lines.
        KeyLength = Math.Clamp(BitOperations.Log2((uint)capacity) + 1, KeyLengthMin, KeyLengthMax);
        TableCount = Math.Min(TableCountMax, HammingKernels.SignCount / KeyLength);
        _tableOf = [.. Enumerable.Range(0, Rotation.ProjectionCountMin).Select(sign => (byte)(sign / KeyLength))];
        _lineCount = (uint)(capacity / FilledALine + 1);
        _block = new NativeBlock((long)TableCount * _lineCount * BandLine.LineSize);
    }

    /// <summary>Most signs in a key.</summary>
    public const int KeyLengthMax = 24;

    /// <summary>Most tables there are.</summary>
    public const int TableCountMax = 32;

    public Sketches Sketches { get; }

    public int Capacity { get; }

    /// <summary>K: signs in a key.</summary>
    public int KeyLength { get; }

    /// <summary>L: tables, each with signs of its own.</summary>
    public int TableCount { get; }

    /// <summary>The memory of the lines. For the writer only.</summary>
    public IEnumerable<(nint Address, long Size)> Blocks => _chainBlocks.Prepend(_block).Select(block => ((nint)block.Pointer, block.Size));

    public long MemorySize => _block.Size + _chainBlocks.Sum(block => block.Size);

    /// <summary>Whether removals and families have left so many chained lines that the table should be made anew.</summary>
    public bool IsTangled(int count) => _chainLength > (uint)(count / 4 + 1024) * TableCount / 4 + _lineCount * TableCount / 2;

    /// <summary>Gives the memory back: no search reads it any more, and none will.</summary>
    public void Free()
    {
        _block.Free();
        foreach (NativeBlock block in _chainBlocks)
            block.Free();
    }

    /// <summary>Adds a slot whose sketch is written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(uint slot)
    {
        byte* sketch = Sketches.Of(slot);
        for (int table = 0; table < TableCount; table++)
            Kernel.Prefetch(LineOf(table, KeyOf(sketch, table), out _));
        for (int table = 0; table < TableCount; table++)
            Add(slot, table, sketch);
    }

    /// <summary>Adds slots to a table that nobody reads yet, on all cores: table by table, because one table's lines stay in the cache where all tables' lines do not.</summary>
    /// <param name="slots">The slots, and <see cref="SlotList.Removed"/> where there is none; their sketches are written.</param>
    public void AddAll(ReadOnlyMemory<uint> slots) => Parallel.For(0, TableCount, table => AddAll(slots.Span, table));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddAll(ReadOnlySpan<uint> slots, int table)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            uint far = i + 2 * Ahead < slots.Length ? slots[i + 2 * Ahead] : SlotList.Removed, near = i + Ahead < slots.Length ? slots[i + Ahead] : SlotList.Removed;
            if (far != SlotList.Removed)
                Kernel.Prefetch(Sketches.Of(far));
            if (near != SlotList.Removed)
                Kernel.Prefetch(LineOf(table, KeyOf(Sketches.Of(near), table), out _));
            if (slots[i] != SlotList.Removed)
                Add(slots[i], table, Sketches.Of(slots[i]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(uint slot, int table, byte* sketch)
    {
        BandLine* line = LineOf(table, KeyOf(sketch, table), out byte tag);
        if (TryPut(line, tag, slot) || (line->Next != 0 && TryPut(Chained(line->Next), tag, slot)))
            return;
        uint number = TakeChained();
        BandLine* fresh = Chained(number);
        fresh->Next = line->Next;
        TryPut(fresh, tag, slot);
        Volatile.Write(ref line->Next, number);
    }

    /// <summary>Removes a slot whose sketch is still the one that it was added with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Remove(uint slot)
    {
        byte* sketch = Sketches.Of(slot);
        for (int table = 0; table < TableCount; table++)
            Kernel.Prefetch(LineOf(table, KeyOf(sketch, table), out _));
        for (int table = 0; table < TableCount; table++)
        {
            BandLine* line = LineOf(table, KeyOf(sketch, table), out byte tag);
            while (!TryTake(line, tag, slot) && line->Next != 0)
                line = Chained(line->Next);
        }
    }

    /// <summary>The table whose key a sign belongs to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TableOf(int sign) => _tableOf[sign];

    /// <summary>The K signs of a sketch that a table is keyed by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint KeyOf(byte* sketch, int table)
    {
        int first = table * KeyLength;
        return (uint)(*(ulong*)(sketch + (first >> 3)) >> (first & 7)) & ((1u << KeyLength) - 1);
    }

    /// <summary>The line that a key falls into, and the tag that its entries carry there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BandLine* LineOf(int table, uint key, out byte tag)
    {
        ulong hash = (key + 1ul) * 0x9E37_79B9_7F4A_7C15;
        tag = (byte)((hash >> 24) | ((hash >> 24 & 0xFF) == 0 ? 1u : 0));
        uint line = (uint)((hash >> 32) * _lineCount >> 32);
        // SAFETY: the line is less than the line count, and the table less than the table count.
        return (BandLine*)_block.Pointer + (nuint)table * _lineCount + line;
    }

    /// <summary>The next line of a chain, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BandLine* NextOf(BandLine* line)
    {
        uint next = Volatile.Read(ref line->Next);
        return next == 0 ? null : Chained(next);
    }

    /// <summary>The places of a line that carry a tag.</summary>
    /// <returns>Bit i for place i.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Matches(BandLine* line, byte tag) =>
        Vector128.Equals(Vector128.Load((byte*)&line->Next), Vector128.Create(tag)).ExtractMostSignificantBits() >> sizeof(uint);

    private static bool TryPut(BandLine* line, byte tag, uint slot)
    {
        uint free = Matches(line, 0);
        if (free == 0)
            return false;
        int place = BitOperations.TrailingZeroCount(free);
        // The slot first: whoever sees the tag sees it too.
        line->Slots[place] = slot;
        Volatile.Write(ref line->Tags[place], tag);
        return true;
    }

    private static bool TryTake(BandLine* line, byte tag, uint slot)
    {
        for (uint places = Matches(line, tag); places != 0; places &= places - 1)
        {
            int place = BitOperations.TrailingZeroCount(places);
            if (line->Slots[place] != slot)
                continue;
            Volatile.Write(ref line->Tags[place], 0);
            return true;
        }
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private BandLine* Chained(uint number) => (BandLine*)_chainBlocks[(number - 1) / ChainBlockLength].Pointer + (number - 1) % ChainBlockLength;

    private uint TakeChained()
    {
        lock (_chaining)
        {
            if (_chainLength == (uint)_chainBlocks.Length * ChainBlockLength)
                Volatile.Write(ref _chainBlocks, [.. _chainBlocks, new NativeBlock(ChainBlockLength * BandLine.LineSize)]);
            return ++_chainLength;
        }
    }
}
