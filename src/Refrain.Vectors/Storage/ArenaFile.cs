using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Refrain.Vectors;

/// <summary>The file behind an arena: superblocks, extents with real blocks, and the maps of them. Not thread-safe; its arena sees to that.</summary>
internal sealed unsafe class ArenaFile : IDisposable
{
    /// <summary>Bytes before the first extent.</summary>
    public const int HeadSize = 64 << 10;

    private const int ReadSize = 1 << 20;

    private readonly string _path;
    private readonly LockFile _lock;
    private readonly SafeFileHandle _handle;
    private readonly Action? _flushFault;
    private readonly List<MemoryMappedViewAccessor> _views = [];
    private Superblock _superblock;

    private ArenaFile(string path, LockFile lockFile, SafeFileHandle handle, in Superblock superblock, Action? flushFault)
    {
        _path = path;
        _lock = lockFile;
        _handle = handle;
        _superblock = superblock;
        _flushFault = flushFault;
        Layout = new RecordLayout((int)superblock.Dimensions, (int)superblock.ExtentSlotCount);
    }

    public RecordLayout Layout { get; }

    public ulong Number => _superblock.FileNumber;

    public ulong RotationSeed => _superblock.RotationSeed;

    /// <summary>Extents that lie wholly inside the file.</summary>
    public int ExtentCount => (int)Math.Min((RandomAccess.GetLength(_handle) - HeadSize) / Layout.ExtentSize, uint.MaxValue / (uint)Layout.ExtentSlotCount);

    public long Size => HeadSize + _views.Count * Layout.ExtentSize;

    public bool WasClosedCleanly { get; private set; }

    public ulong LastVersion => _superblock.LastVersion;

    /// <summary>Opens the file at <paramref name="path"/>, or makes it.</summary>
    /// <param name="path">Where; a lock file lies beside it.</param>
    /// <param name="options">What the file must have been made for.</param>
    /// <param name="recovery">What was found.</param>
    /// <exception cref="ArenaInUseException">The file is open already.</exception>
    /// <exception cref="CorruptArenaException">The file cannot be trusted, and the options forbid setting it aside.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static ArenaFile Open(string path, VectorIndexOptions options, out ArenaRecovery recovery)
    {
        CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        LockFile lockFile = LockFile.Take(path + ".lock");
        try
        {
            if (File.Exists(path))
            {
                SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                if (Refusal(handle, options, out Superblock found) is not { } reason)
                {
                    var opened = new ArenaFile(path, lockFile, handle, found, options.FlushFault) { WasClosedCleanly = found.Clean == 1 };
                    opened.WasClosedCleanly &= opened.ExtentCount == found.ExtentCount;
                    recovery = new ArenaRecovery(opened.WasClosedCleanly ? RecoveryKind.Clean : RecoveryKind.Unclean);
                    return opened;
                }
                handle.Dispose();
                if (!options.SetAsideDamaged)
                    throw new CorruptArenaException($"'{path}' cannot be opened: {reason}. Remove it, or allow it to be set aside.");
                string aside = path + ".aside";
                File.Move(path, aside, overwrite: true);
                recovery = new ArenaRecovery(RecoveryKind.SetAside, Reason: reason, SetAsidePath: aside);
            }
            else
            {
                recovery = new ArenaRecovery(RecoveryKind.Created);
            }
            return Create(path, lockFile, options);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Reads every slot with plain reads, before anything is mapped: a bad sector is an exception here and the end of the process there.</summary>
    /// <param name="whole">Slots that hold a whole record.</param>
    /// <param name="torn">Slots that hold something else.</param>
    public void Scan(List<uint> whole, List<uint> torn)
    {
        int slotsARead = Math.Min(Layout.ExtentSlotCount, Math.Max(1, ReadSize / Layout.Stride));
        var block = new NativeBlock((long)slotsARead * Layout.Stride);
        for (int extent = 0; extent < ExtentCount; extent++)
            for (int first = 0; first < Layout.ExtentSlotCount; first += slotsARead)
            {
                int count = Math.Min(slotsARead, Layout.ExtentSlotCount - first);
                ReadFully(_handle, HeadSize + extent * Layout.ExtentSize + (long)first * Layout.Stride, new Span<byte>(block.Pointer, count * Layout.Stride));
                for (int i = 0; i < count; i++)
                {
                    byte* record = block.Pointer + (long)i * Layout.Stride;
                    uint slot = (uint)(extent * Layout.ExtentSlotCount + first + i);
                    if (Layout.IsWhole(record, Number, slot))
                        whole.Add(slot);
                    else if (new ReadOnlySpan<byte>(record, Layout.Stride).ContainsAnyExcept((byte)0))
                        torn.Add(slot);
                }
            }
        GC.KeepAlive(block);
    }

    /// <summary>Maps the next extent that the file has already.</summary>
    public byte* MapNext()
    {
        // A map of its own for each extent: a map cannot grow, and readers keep what they have.
        using var map = MemoryMappedFile.CreateFromFile(_handle, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = map.CreateViewAccessor(HeadSize + _views.Count * Layout.ExtentSize, Layout.ExtentSize);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _views.Add(view);
        return pointer + view.PointerOffset;
    }

    /// <summary>Adds an extent to the file, with real blocks, so that no store into it can fail.</summary>
    /// <returns>False: the disk has no room, and the file is as long as before.</returns>
    public bool TryGrow()
    {
        long before = HeadSize + _views.Count * Layout.ExtentSize;
        if (TryReserve(_handle, before, Layout.ExtentSize))
            return true;
        RandomAccess.SetLength(_handle, before);
        return false;
    }

    /// <summary>Writes all changes to the disk, then the next superblock.</summary>
    /// <param name="lastVersion">Number of the latest write.</param>
    /// <param name="clean">True when the arena is closed in order.</param>
    public void Flush(ulong lastVersion, bool clean)
    {
        _flushFault?.Invoke();
        foreach (MemoryMappedViewAccessor view in _views)
            view.Flush();
        _superblock.LastVersion = lastVersion;
        _superblock.Clean = clean ? 1u : 0u;
        _superblock.ExtentCount = (uint)_views.Count;
        WriteSuperblock(_handle, ref _superblock);
    }

    /// <summary>Keeps the mean that centres the sketches. It can be measured again, so that a damaged one does no harm.</summary>
    public void WriteMean(ReadOnlySpan<float> mean)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(mean);
        RandomAccess.Write(_handle, bytes, 2 * Superblock.BlockSize);
        _superblock.MeanChecksum = System.IO.Hashing.XxHash3.HashToUInt64(bytes, 1);
    }

    /// <summary>Reads what <see cref="WriteMean"/> wrote.</summary>
    /// <returns>False: there is none, or it is damaged.</returns>
    public bool TryReadMean(Span<float> mean)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(mean);
        if (_superblock.MeanChecksum == 0)
            return false;
        ReadFully(_handle, 2 * Superblock.BlockSize, bytes);
        return System.IO.Hashing.XxHash3.HashToUInt64(bytes, 1) == _superblock.MeanChecksum;
    }

    /// <summary>Renames the file, because the disk failed under it: the next opener must not find it.</summary>
    public void SetAside()
    {
        try
        {
            File.Move(_path, _path + ".aside", overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Every record proves itself when it is read: a file that cannot be renamed is still not believed.
        }
    }

    public void Dispose()
    {
        foreach (MemoryMappedViewAccessor view in _views)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }
        _handle.Dispose();
        _lock.Dispose();
    }

    private static ArenaFile Create(string path, LockFile lockFile, VectorIndexOptions options)
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        var layout = new RecordLayout(options.Dimensions, options.ExtentSlotCount);
        var superblock = new Superblock
        {
            Magic = Superblock.MagicValue,
            FormatVersion = Superblock.CurrentVersion,
            ByteOrder = Superblock.ByteOrderValue,
            Dimensions = (uint)options.Dimensions,
            Stride = (uint)layout.Stride,
            Quantiser = Superblock.QuantiserValue,
            ExtentSlotCount = (uint)layout.ExtentSlotCount,
            SpaceDigest = options.SpaceDigest,
            RotationSeed = options.Seed ?? MemoryMarshal.Read<ulong>(random),
            FileNumber = MemoryMarshal.Read<ulong>(random[8..]),
        };
        // Whole or not there: a death in between leaves a file that nobody opens.
        string unfinished = path + ".new";
        File.Delete(unfinished);
        using (FileStream stream = CreateStream(unfinished))
        {
            SafeFileHandle handle = stream.SafeFileHandle;
            if (!TryReserve(handle, 0, HeadSize))
                throw new IOException($"The disk has no room for '{path}'.");
            WriteSuperblock(handle, ref superblock);
        }
        File.Move(unfinished, path, overwrite: true);
        return new ArenaFile(path, lockFile, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite), superblock, options.FlushFault);
    }

    private static FileStream CreateStream(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Why the file cannot be used, or null.</summary>
    private static string? Refusal(SafeFileHandle handle, VectorIndexOptions options, out Superblock superblock)
    {
        superblock = default;
        long length = RandomAccess.GetLength(handle);
        if (length < HeadSize)
            return $"it has {length} bytes, fewer than the {HeadSize} of the head alone";
        Superblock a = ReadSuperblock(handle, 0), b = ReadSuperblock(handle, 1);
        if (!a.IsWhole && !b.IsWhole)
            return "neither superblock is whole";
        superblock = !b.IsWhole || (a.IsWhole && a.Epoch > b.Epoch) ? a : b;
        return Differs("format version", Superblock.CurrentVersion, superblock.FormatVersion)
            ?? Differs("byte order", Superblock.ByteOrderValue, superblock.ByteOrder)
            ?? Differs("quantiser", Superblock.QuantiserValue, superblock.Quantiser)
            ?? Differs("number of dimensions", (uint)options.Dimensions, superblock.Dimensions)
            ?? Differs("space digest", options.SpaceDigest, superblock.SpaceDigest)
            ?? (superblock.ExtentSlotCount is 0 or > 1 << 20 || !System.Numerics.BitOperations.IsPow2(superblock.ExtentSlotCount) ? "its extents have an impossible size" : null)
            ?? Differs("stride", (uint)new RecordLayout(options.Dimensions, (int)superblock.ExtentSlotCount).Stride, superblock.Stride);
    }

    private static string? Differs(string what, ulong expected, ulong found) => expected == found ? null : $"its {what} is {found}, not {expected}";

    private static Superblock ReadSuperblock(SafeFileHandle handle, int copy)
    {
        Superblock block = default;
        ReadFully(handle, copy * Superblock.BlockSize, MemoryMarshal.AsBytes(new Span<Superblock>(ref block)));
        return block;
    }

    /// <summary>Writes the copy whose turn it is; the other one stays whole whatever happens meanwhile.</summary>
    private static void WriteSuperblock(SafeFileHandle handle, ref Superblock block)
    {
        block.Epoch++;
        block.Checksum = Superblock.ChecksumOf(block);
        RandomAccess.Write(handle, MemoryMarshal.AsBytes(new ReadOnlySpan<Superblock>(in block)), (long)(block.Epoch % 2) * Superblock.BlockSize);
        RandomAccess.FlushToDisk(handle);
    }

    private static void ReadFully(SafeFileHandle handle, long offset, Span<byte> target)
    {
        while (target.Length > 0)
        {
            int count = RandomAccess.Read(handle, target, offset);
            if (count == 0)
                throw new EndOfStreamException($"The file ends at byte {offset}.");
            target = target[count..];
            offset += count;
        }
    }

    /// <summary>Gives a part of the file real blocks; only holes that are filled cannot kill the process later.</summary>
    private static bool TryReserve(SafeFileHandle handle, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
            return LinuxCalls.Reserve(handle, offset, length) == 0;
        try
        {
            byte[] zeros = new byte[ReadSize];
            for (long done = 0; done < length; done += zeros.Length)
                RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - done)), offset + done);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
