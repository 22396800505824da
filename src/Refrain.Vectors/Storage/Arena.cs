using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// The slots: in extents that are added and never moved, in memory or mapped from a file. Written by one thread at a time, read by any.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    /// <summary>A freed slot waits until as many others are free, so that a search that is just reading it finds it free and not filled anew.</summary>
    private const int HeldBackCount = 64;

    private readonly Queue<uint> _free = new();
    private readonly List<NativeBlock> _blocks = [];
    private readonly Lock _flushing = new();
    private readonly ulong _number;
    private readonly int _extentShift;
    private readonly uint _extentMask;
    private readonly nuint _stride;
    private ArenaFile? _file;
    private ArenaFile? _detachedFile; // Searches that began before the disk failed may still read its maps.
    private long _fileSize;
    private nint[] _records = [];
    private nint[] _positions = [];
    private uint _next;
    private ulong _version;
    private ulong _committed;
    private long _changeCount;
    private long _flushedChangeCount = -1;

    /// <param name="layout">Where the parts of a slot lie.</param>
    /// <param name="file">The file behind it, whose extents are then mapped; null for memory only.</param>
    public Arena(RecordLayout layout, ArenaFile? file)
    {
        Layout = layout;
        _extentShift = layout.ExtentShift;
        _extentMask = (uint)layout.ExtentSlotCount - 1;
        _stride = (nuint)layout.Stride;
        _file = file;
        if (file is null)
            return;
        _number = file.Number;
        _version = file.LastVersion;
        for (int i = file.ExtentCount; i > 0; i--)
            AddExtent(file.MapNext());
        _next = SlotCount;
        _fileSize = file.Size;
    }

    public RecordLayout Layout { get; }

    /// <summary>Slots there are; every number below is a slot.</summary>
    public uint SlotCount => (uint)(Volatile.Read(ref _records).Length << Layout.ExtentShift);

    /// <summary>Bytes of the file; 0 without one.</summary>
    public long FileSize => Volatile.Read(ref _fileSize);

    /// <summary>True once the disk failed.</summary>
    public bool Detached { get; private set; }

    /// <summary>Bytes of the slots, mapped or not.</summary>
    public long RecordSize => _records.Length * Layout.ExtentSize;

    /// <summary>Bytes of what is kept beside the slots.</summary>
    public long PositionSize => (long)SlotCount * sizeof(int);

    /// <summary>The memory of the slots.</summary>
    public IEnumerable<(nint Address, long Size)> Blocks => Volatile.Read(ref _records).Select(records => (records, Layout.ExtentSize));

    /// <summary>The bytes of a slot.</summary>
    /// <param name="slot">Less than <see cref="SlotCount"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Record(uint slot) =>
        // SAFETY: the array access checks the extent's number, and the mask keeps the rest inside the extent.
        (byte*)_records[slot >> _extentShift] + (nuint)(slot & _extentMask) * _stride;

    /// <summary>Where the slot stands in its namespace's list. For the writer only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref int Position(uint slot) =>
        // SAFETY: as for Record.
        ref ((int*)_positions[slot >> _extentShift])[slot & _extentMask];

    /// <summary>Takes a slot to write into.</summary>
    /// <returns>False: there is no room, and the disk has none to grow.</returns>
    public bool TryTake(out uint slot)
    {
        if (_free.Count > HeldBackCount || (_next == SlotCount && _free.Count > 0))
        {
            slot = _free.Dequeue();
            return true;
        }
        slot = _next;
        if (_next == SlotCount && !TryGrow())
            return false;
        _next++;
        return true;
    }

    /// <summary>Marks a slot as being written: from here on, until <see cref="Publish"/> or <see cref="Erase"/>, no reader believes it.</summary>
    public RecordHeader* BeginWrite(uint slot)
    {
        var header = (RecordHeader*)Record(slot);
        Volatile.Write(ref header->Sequence, header->Sequence | 1);
        Thread.MemoryBarrier();
        return header;
    }

    /// <summary>Numbers, seals and publishes a slot whose fields, code and rest are written.</summary>
    public void Publish(uint slot)
    {
        var header = (RecordHeader*)Record(slot);
        _changeCount++;
        header->Version = ++_version;
        header->Checksum = Layout.Checksum((byte*)header, _number, slot);
        Volatile.Write(ref header->Sequence, (header->Sequence + 1) & ~RecordHeader.Retired);
    }

    /// <summary>The number of the latest write that is complete: what a search sees that begins now.</summary>
    public ulong Committed => Volatile.Read(ref _committed);

    /// <summary>Shows all that was written since to the searches that begin from now on.</summary>
    public void Commit() => Volatile.Write(ref _committed, _version);

    /// <summary>Numbers a write that publishes nothing.</summary>
    public ulong CountWrite() => ++_version;

    /// <summary>Hides a slot from searches that begin after a write, and shows it to the others still. From here on it is worth nothing in the file.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="version">The write that replaces or removes it.</param>
    public void Retire(uint slot, ulong version)
    {
        _changeCount++;
        var header = (RecordHeader*)Record(slot);
        Volatile.Write(ref header->Checksum, version);
        Volatile.Write(ref header->Sequence, header->Sequence | RecordHeader.Retired);
    }

    /// <summary>Empties a slot, down to the vector in it, and lets it be used again later.</summary>
    public void Erase(uint slot)
    {
        _changeCount++;
        RecordHeader* header = BeginWrite(slot);
        uint sequence = header->Sequence;
        new Span<byte>((byte*)header + sizeof(uint), Layout.Stride - sizeof(uint)).Clear();
        Volatile.Write(ref header->Sequence, (sequence + 1) & ~RecordHeader.Retired);
        _free.Enqueue(slot);
    }

    /// <summary>Goes on counting writes after the latest that the file holds.</summary>
    public void Adopt(ulong version) => _version = Math.Max(_version, version);

    /// <summary>Lets a slot found empty at opening be taken.</summary>
    public void Release(uint slot) => _free.Enqueue(slot);

    /// <summary>Writes all changes to the disk, if there are any. Searches and writes go on meanwhile.</summary>
    /// <returns>The disk's complaint, or null.</returns>
    public Exception? Flush(bool clean)
    {
        lock (_flushing)
        {
            try
            {
                // Links that changed alone can wait: they follow from what is flushed already.
                long changeCount = Volatile.Read(ref _changeCount);
                if (_file is null || (changeCount == _flushedChangeCount && !clean))
                    return null;
                _file.Flush(Volatile.Read(ref _version), clean);
                _flushedChangeCount = changeCount;
                return null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return exception;
            }
        }
    }

    /// <summary>Leaves a file that failed: everything moves to memory, and the file is set aside. Searches go on meanwhile.</summary>
    public void Detach()
    {
        lock (_flushing)
        {
            if (_file is null || Detached)
                return;
            var moved = new nint[_records.Length];
            for (int i = 0; i < moved.Length; i++)
            {
                NativeBlock block = Allocate(Layout.ExtentSize);
                Buffer.MemoryCopy((void*)_records[i], block.Pointer, block.Size, Layout.ExtentSize);
                moved[i] = (nint)block.Pointer;
            }
            Volatile.Write(ref _records, moved);
            Detached = true;
            _file.SetAside();
            _detachedFile = _file;
            _file = null;
            Volatile.Write(ref _fileSize, 0);
        }
    }

    /// <summary>Keeps the mean of the rotated vectors with the file.</summary>
    public void WriteMean(ReadOnlySpan<float> mean) => _file?.WriteMean(mean);

    public void Dispose()
    {
        _file?.Dispose();
        _detachedFile?.Dispose();
    }

    private bool TryGrow()
    {
        if ((ulong)SlotCount + (uint)Layout.ExtentSlotCount > int.MaxValue)
            return false;
        // Not under the lock of the flush: a slow disk must not keep a writer waiting here. What is added meanwhile, the next flush writes.
        try
        {
            if (_file is null)
            {
                AddExtent(Allocate(Layout.ExtentSize).Pointer);
                return true;
            }
            if (!_file.TryGrow())
                return false;
            AddExtent(_file.MapNext());
            Volatile.Write(ref _fileSize, _file.Size);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // The system has no memory or no more maps: there is no room.
            return false;
        }
    }

    private void AddExtent(byte* records)
    {
        // The slots last: a slot's number is valid once its extent can be read.
        Volatile.Write(ref _positions, [.. _positions, (nint)Allocate((long)Layout.ExtentSlotCount * sizeof(int)).Pointer]);
        Volatile.Write(ref _records, [.. _records, (nint)records]);
    }

    private NativeBlock Allocate(long size)
    {
        var block = new NativeBlock(size);
        _blocks.Add(block);
        return block;
    }
}
