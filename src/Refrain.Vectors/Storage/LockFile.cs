using System.Runtime.InteropServices;

namespace Refrain.Vectors;

/// <summary>Keeps a second opener out, in this process or another, for as long as it is not disposed. The system frees it when the process dies.</summary>
internal sealed class LockFile : IDisposable
{
    private const int WouldBlock = 11;
    private const int SharingViolation = unchecked((int)0x8007_0020);

    /// <summary>So many openings that were not closed in order, within <see cref="LoopWindow"/>, are a loop of deaths.</summary>
    private const int LoopLength = 2;

    private static readonly TimeSpan LoopWindow = TimeSpan.FromSeconds(60);

    private readonly FileStream _stream;

    private LockFile(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock at <paramref name="path"/>.</summary>
    /// <exception cref="ArenaInUseException">Somebody else has it.</exception>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be made.</exception>
    public static LockFile Take(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream stream;
        try
        {
            stream = new FileStream(path, options);
        }
        catch (IOException exception) when (exception.HResult is WouldBlock or SharingViolation)
        {
            throw new ArenaInUseException(path, exception);
        }
        // The runtime's own lock can be switched off by an environment variable.
        if (!OperatingSystem.IsLinux() || LinuxCalls.TryLock(stream.SafeFileHandle))
            return new LockFile(stream);
        stream.Dispose();
        throw new ArenaInUseException(path, null);
    }

    /// <summary>
    /// Notes that the file is opened now. What a truncated map or a bad sector does to a process cannot be caught: a process that opens the file and dies of it would be started again, and die again.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <returns>True: two openings within the last minute ended in a death. They are forgotten with that.</returns>
    public bool NoteOpening(DateTimeOffset now)
    {
        Span<byte> before = stackalloc byte[LoopLength * sizeof(long)];
        try
        {
            _stream.Position = 0;
            int count = _stream.ReadAtLeast(before, before.Length, throwOnEndOfStream: false) / sizeof(long);
            ReadOnlySpan<long> openings = MemoryMarshal.Cast<byte, long>(before)[..count];
            long present = now.ToUnixTimeMilliseconds();
            bool loops = count == LoopLength && present >= openings[0] && present - openings[0] <= LoopWindow.TotalMilliseconds;
            long[] kept = loops ? [present] : [.. openings[(count == LoopLength ? 1 : 0)..], present];
            _stream.SetLength(0);
            _stream.Write(MemoryMarshal.AsBytes<long>(kept));
            return loops;
        }
        catch (IOException)
        {
            // A full disk keeps nobody from opening what is there.
            return false;
        }
    }

    /// <summary>Notes that the file was closed in order.</summary>
    public void ForgetOpenings()
    {
        try
        {
            _stream.SetLength(0);
        }
        catch (IOException)
        {
            // Then the next death may count for two.
        }
    }

    public void Dispose() => _stream.Dispose();
}
