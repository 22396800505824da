using System.Runtime.InteropServices;

namespace Refrain.Vectors;

/// <summary>The system calls that the class library has no name for.</summary>
internal static partial class LinuxCalls
{
    private const int ProtectionReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int AdviceHugePages = 14;
    private const int LockExclusiveNow = 2 | 4;
    private const int LockOpenFileNow = 37;
    private const int TryAgain = 11, AccessDenied = 13;
    private const short WriteLock = 1, NoLock = 2;
    private const int HugePageSize = 2 << 20;

    /// <summary>Zeroed memory, made of huge pages where the system has them.</summary>
    /// <param name="size">Bytes; a multiple of the page size.</param>
    /// <param name="mappedSize">Bytes to give back to <see cref="Unmap"/>.</param>
    /// <param name="mapped">Address to give back to <see cref="Unmap"/>.</param>
    /// <returns>The first usable byte; aligned to a huge page if the block is as large as one.</returns>
    /// <exception cref="InvalidOperationException">The system refused.</exception>
    public static nint Map(nuint size, out nint mapped, out nuint mappedSize)
    {
        bool huge = size >= HugePageSize;
        mappedSize = huge ? size + HugePageSize : size;
        mapped = MapCall(0, mappedSize, ProtectionReadWrite, MapPrivateAnonymous, -1, 0);
        if (mapped == -1)
            throw new InvalidOperationException($"The system refused {mappedSize} bytes of memory (errno {Marshal.GetLastPInvokeError()}).");
        if (!huge)
            return mapped;
        nint aligned = (mapped + HugePageSize - 1) & ~(nint)(HugePageSize - 1);
        // Advice only: where huge pages are off, ordinary ones do.
        _ = AdviseCall(aligned, size, AdviceHugePages);
        return aligned;
    }

    /// <summary>Gives memory back.</summary>
    public static void Unmap(nint mapped, nuint mappedSize) => _ = UnmapCall(mapped, mappedSize);

    /// <summary>Reserves real blocks for a part of a file, and makes the file as long.</summary>
    /// <returns>0, or the number of the error.</returns>
    public static int Reserve(SafeHandle file, long offset, long length) => ReserveCall(file, offset, length);

    /// <summary>Takes the file's lock, whatever the runtime was told about locking.</summary>
    /// <returns>False: another process, or another handle, has it.</returns>
    public static bool TryLock(SafeHandle file) => LockCall(file, LockExclusiveNow) == 0;

    /// <summary>Takes a lock on all bytes of a file, of another kind than the one above: who only reads the file, or copies it, does not meet it.</summary>
    /// <returns>False: somebody has it. A file system without such locks says that nobody has.</returns>
    public static bool TryLockBytes(SafeHandle file)
    {
        var range = new ByteRange { Kind = WriteLock };
        return ControlCall(file, LockOpenFileNow, ref range) == 0 || Marshal.GetLastPInvokeError() is not (TryAgain or AccessDenied);
    }

    /// <summary>Gives the lock back. Closing the file alone does not, as long as a process that is just being started has a copy of the handle.</summary>
    public static void UnlockBytes(SafeHandle file)
    {
        var range = new ByteRange { Kind = NoLock };
        _ = ControlCall(file, LockOpenFileNow, ref range);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint MapCall(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmapCall(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AdviseCall(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReserveCall(SafeHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ControlCall(SafeHandle file, int command, ref ByteRange range);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LockCall(SafeHandle file, int operation);

    /// <summary>A part of a file, as the system's locks know it; all of it if everything but the kind is zero.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ByteRange
    {
        public short Kind;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
