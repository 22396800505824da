using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Refrain.Vectors;

/// <summary>
/// The file behind an arena: superblocks, extents with real blocks, and the maps of them. One thread may flush it while another makes it grow or writes the mean; else it is not thread-safe.
/// </summary>
internal sealed unsafe class ArenaFile : IDisposable
{
    /// <summary>Bytes before the first extent.</summary>
    public const int HeadSize = 64 << 10;

    private const int ReadSize = 1 << 20;

    private readonly string _path;
    private readonly LockFile _lock;
    private readonly SafeFileHandle _handle;
    private readonly Action? _flushFault;
    private MemoryMappedViewAccessor[] _views = [];
    private ulong _meanChecksum;
    private Superblock _superblock;

    private ArenaFile(string path, LockFile lockFile, SafeFileHandle handle, in Superblock superblock, Action? flushFault)
    {
        _path = path;
        _lock = lockFile;
        _handle = handle;
        _superblock = superblock;
        _meanChecksum = superblock.MeanChecksum;
        _flushFault = flushFault;
        Layout = new RecordLayout((int)superblock.Dimensions, (int)superblock.ExtentSlotCount);
    }

    public RecordLayout Layout { get; }

    public ulong Number => _superblock.FileNumber;

    public ulong RotationSeed => _superblock.RotationSeed;

    /// <summary>Extents that lie wholly inside the file.</summary>
    public int ExtentCount => (int)Math.Min((RandomAccess.GetLength(_handle) - HeadSize) / Layout.ExtentSize, uint.MaxValue / (uint)Layout.ExtentSlotCount);

    public long Size => HeadSize + _views.Length * Layout.ExtentSize;

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
            bool loops = lockFile.NoteOpening(options.TimeProvider.GetUtcNow());
            if (File.Exists(path))
            {
                SafeFileHandle handle = OpenAndLock(path);
                string aside = path + ".aside";
                string? reason = Refusal(handle, options, out Superblock found);
                if (reason is null && loops)
                {
                    reason = "two processes that had it open within the last minute died";
                    if (options.SetAsideDamaged && ArenaCopy.TryMake(handle, found, path + ".new"))
                    {
                        Close(handle);
                        File.Move(path, aside, overwrite: true);
                        File.Move(path + ".new", path, overwrite: true);
                        handle = OpenAndLock(path);
                        recovery = new ArenaRecovery(RecoveryKind.Unclean, Reason: $"{reason}: its whole records are in a new file", SetAsidePath: aside);
                        return new ArenaFile(path, lockFile, handle, found, options.FlushFault);
                    }
                }
                if (reason is null)
                {
                    var opened = new ArenaFile(path, lockFile, handle, found, options.FlushFault);
                    recovery = new ArenaRecovery(found.Clean == 1 && opened.ExtentCount == found.ExtentCount ? RecoveryKind.Clean : RecoveryKind.Unclean);
                    return opened;
                }
                Close(handle);
                if (!options.SetAsideDamaged)
                    throw new CorruptArenaException($"'{path}' cannot be opened: {reason}. Remove it, or allow it to be set aside.");
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
            // This was no death.
            lockFile.ForgetOpenings();
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Reads slots of one extent by plain reads; may be called from many threads.</summary>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public void ReadSlots(int extent, int first, Span<byte> target) =>
        ReadFully(_handle, HeadSize + extent * Layout.ExtentSize + (long)first * Layout.Stride, target);

    /// <summary>Maps the next extent that the file has already.</summary>
    public byte* MapNext()
    {
        // A map of its own for each extent: a map cannot grow, and readers keep what they have.
        using var map = MemoryMappedFile.CreateFromFile(_handle, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = map.CreateViewAccessor(Size, Layout.ExtentSize);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        Volatile.Write(ref _views, [.. _views, view]);
        return pointer + view.PointerOffset;
    }

    /// <summary>Adds an extent to the file, with real blocks, so that no store into it can fail.</summary>
    /// <returns>False: the disk has no room, and the file is as long as before.</returns>
    public bool TryGrow()
    {
        long before = Size;
        if (TryReserve(_handle, before, Layout.ExtentSize))
            return true;
        try
        {
            RandomAccess.SetLength(_handle, before);
        }
        catch (IOException)
        {
            // The next opener finds a part of an extent at the end, and takes no notice of it.
        }
        return false;
    }

    /// <summary>Writes all changes to the disk, then the next superblock.</summary>
    /// <param name="lastVersion">Number of the latest write.</param>
    /// <param name="clean">True when the arena is closed in order.</param>
    public void Flush(ulong lastVersion, bool clean)
    {
        _flushFault?.Invoke();
        // As they are now: an extent that is added meanwhile holds nothing that this flush must write.
        MemoryMappedViewAccessor[] views = Volatile.Read(ref _views);
        foreach (MemoryMappedViewAccessor view in views)
            view.Flush();
        _superblock.MeanChecksum = Volatile.Read(ref _meanChecksum);
        _superblock.LastVersion = lastVersion;
        _superblock.Clean = clean ? 1u : 0u;
        _superblock.ExtentCount = (uint)views.Length;
        WriteSuperblock(_handle, ref _superblock);
        if (clean)
            _lock.ForgetOpenings();
    }

    /// <summary>Keeps the mean that centres the sketches. It can be measured again, so that a damaged one does no harm.</summary>
    public void WriteMean(ReadOnlySpan<float> mean)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(mean);
        try
        {
            RandomAccess.Write(_handle, bytes, 2 * Superblock.BlockSize);
        }
        catch (IOException)
        {
            // The next flush will complain about the disk; whoever stores a vector shall not.
            return;
        }
        Volatile.Write(ref _meanChecksum, System.IO.Hashing.XxHash3.HashToUInt64(bytes, 1));
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
            _lock.ForgetOpenings();
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
        Close(_handle);
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
        return new ArenaFile(path, lockFile, OpenAndLock(path), superblock, options.FlushFault);
    }

    /// <summary>Opens the file, and locks it where there is such a thing: the lock beside it may have been deleted while somebody holds it.</summary>
    private static SafeFileHandle OpenAndLock(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (!OperatingSystem.IsLinux() || LinuxCalls.TryLockBytes(handle))
            return handle;
        handle.Dispose();
        throw new ArenaInUseException(path, null);
    }

    private static void Close(SafeFileHandle handle)
    {
        if (OperatingSystem.IsLinux())
            LinuxCalls.UnlockBytes(handle);
        handle.Dispose();
    }

    internal static FileStream CreateStream(string path)
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

    internal static void ReadFully(SafeFileHandle handle, long offset, Span<byte> target)
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
    internal static bool TryReserve(SafeFileHandle handle, long offset, long length)
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
