namespace Refrain.Vectors;

/// <summary>Keeps a second opener out, in this process or another, for as long as it is not disposed. The system frees it when the process dies.</summary>
internal sealed class LockFile : IDisposable
{
    private const int WouldBlock = 11;
    private const int SharingViolation = unchecked((int)0x8007_0020);

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

    public void Dispose() => _stream.Dispose();
}
