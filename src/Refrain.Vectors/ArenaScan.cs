using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// Reads every slot of a file that is being opened, by plain reads: a bad sector is an exception here, and would be the end of the process in a map. Uses all cores, because it is
/// what a restart waits for.
/// </summary>
/// <param name="file">The file.</param>
internal sealed unsafe class ArenaScan(ArenaFile file) : IDisposable
{
    private const int ReadSize = 1 << 20;

    private readonly RecordLayout _layout = file.Layout;
    private readonly SlotKind[] _kinds = new SlotKind[file.ExtentCount * file.Layout.ExtentSlotCount];
    private readonly NativeBlock _headers = new(Math.Max(1, (long)file.ExtentCount * file.Layout.ExtentSlotCount * RecordHeader.HeaderSize));
    private IOException? _failure;

    /// <summary>What each slot holds.</summary>
    public ReadOnlySpan<SlotKind> Kinds => _kinds;

    /// <summary>The headers of all whole slots, by the slots' numbers: side by side, where the slots themselves lie in a page each that nobody has read yet.</summary>
    public RecordHeader* Headers => (RecordHeader*)_headers.Pointer;

    /// <summary>Gives the headers' memory back.</summary>
    public void Dispose() => _headers.Free();

    /// <summary>Reads the slots, and has the sketch of each whole one made while its bytes are at hand.</summary>
    /// <param name="sketches">Has room for every slot.</param>
    /// <param name="createContext">Makes what a thread works with.</param>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public void Run(Sketches sketches, Func<SearchContext> createContext)
    {
        int slotsARead = Math.Min(_layout.ExtentSlotCount, Math.Max(1, ReadSize / _layout.Stride));
        int readsAnExtent = (_layout.ExtentSlotCount + slotsARead - 1) / slotsARead;
        Parallel.For(0, file.ExtentCount * readsAnExtent,
            () => (Context: createContext(), Block: new NativeBlock((long)slotsARead * _layout.Stride)),
            (read, loop, own) =>
            {
                try
                {
                    int first = read % readsAnExtent * slotsARead;
                    Read(read / readsAnExtent, first, Math.Min(slotsARead, _layout.ExtentSlotCount - first), own.Block.Pointer, sketches, own.Context);
                }
                catch (IOException exception)
                {
                    _failure = exception;
                    loop.Stop();
                }
                return own;
            },
            own => GC.KeepAlive(own.Block));
        if (_failure is not null)
            throw new IOException($"The file cannot be read: {_failure.Message}", _failure);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(int extent, int first, int count, byte* block, Sketches sketches, SearchContext context)
    {
        file.ReadSlots(extent, first, new Span<byte>(block, count * _layout.Stride));
        for (int i = 0; i < count; i++)
        {
            byte* record = block + (long)i * _layout.Stride;
            uint slot = (uint)(extent * _layout.ExtentSlotCount + first + i);
            SlotKind kind = KindOf(record, slot);
            _kinds[slot] = kind;
            if (kind != SlotKind.Whole)
                continue;
            Headers[slot] = *(RecordHeader*)record;
            sketches.Write(slot, record, context);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private SlotKind KindOf(byte* record, uint slot)
    {
        if (_layout.IsWhole(record, file.Number, slot))
            return SlotKind.Whole;
        // A slot that was used and erased keeps its sequence.
        if (!new ReadOnlySpan<byte>(record + sizeof(uint), _layout.Stride - sizeof(uint)).ContainsAnyExcept((byte)0))
            return SlotKind.Free;
        return (*(uint*)record & (RecordHeader.Retired | 1)) == RecordHeader.Retired ? SlotKind.Retired : SlotKind.Torn;
    }
}
