using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Refrain;

/// <summary>
/// A key a tenant, each in a file of its own that only its owner can read: made at the tenant's first answer, destroyed by <see cref="Destroy"/> or by deleting the file.
/// Processes that share a store share the directory.
/// </summary>
/// <remarks>The files are named by a digest of the tenant. Keep the directory off the disk, and out of the backups, that hold the store: together they are the answers in the clear.</remarks>
public sealed class TenantKeyDirectory : ITenantKeys
{
    private const string Extension = ".key";
    private const int IdBytes = 16;

    /// <summary>How long a key is believed without a look at its file.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(1);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Opens the directory, or makes it.</summary>
    /// <param name="directory">Its path.</param>
    /// <param name="timeProvider">Null: the system's.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public TenantKeyDirectory(string directory, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        _time = timeProvider ?? TimeProvider.System;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_directory);
        else
            Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <inheritdoc/>
    /// <remarks>A tenant without a key gets one, also after its key was destroyed: what was stored under the old one stays unreadable.</remarks>
    public TenantKey? For(string tenant)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        string id = IdOf(tenant);
        return Find(id) ?? Make(id);
    }

    /// <inheritdoc/>
    public TenantKey? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (_known.TryGetValue(id, out Known? known) && _time.GetElapsedTime(known.Since) < Memory)
            return known.Key;
        if (id.Length != IdBytes * 2 || id.AsSpan().ContainsAnyExcept(HexDigits))
            return null;
        TenantKey? key = Read(id);
        if (key is null)
            _known.TryRemove(id, out _);
        else
            _known[id] = new Known(key, _time.GetTimestamp());
        return key;
    }

    /// <summary>Destroys a tenant's key: what any store holds of it cannot be read any more, here at once, in other processes within a second.</summary>
    /// <returns>Whether there was one.</returns>
    /// <remarks>What is in memory stays until <see cref="SemanticCache.InvalidateTenantAsync"/>.</remarks>
    /// <exception cref="IOException">The file cannot be deleted.</exception>
    public bool Destroy(string tenant)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        string id = IdOf(tenant);
        bool wasThere = File.Exists(PathOf(id));
        File.Delete(PathOf(id));
        _known.TryRemove(id, out _);
        return wasThere;
    }

    private static string IdOf(string tenant) => Convert.ToHexStringLower(SHA256.HashData(CanonicalForm.ToUtf8(tenant, nameof(tenant))).AsSpan(0, IdBytes));

    private string PathOf(string id) => Path.Combine(_directory, id + Extension);

    private TenantKey? Read(string id)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(PathOf(id));
            return bytes.Length == TenantKey.Size ? new TenantKey(id, bytes) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private TenantKey? Make(string id)
    {
        string fresh = PathOf(id) + "." + Guid.NewGuid().ToString("N");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(fresh, options))
            {
                file.Write(RandomNumberGenerator.GetBytes(TenantKey.Size));
                file.Flush(flushToDisk: true);
            }

            // Whole under its name or not at all; where two processes make it, all use the one that is there in the end.
            File.Move(fresh, PathOf(id), overwrite: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(fresh);
        }

        return Find(id);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without its name it is nobody's key.
        }
    }

    private sealed record Known(TenantKey Key, long Since);
}
