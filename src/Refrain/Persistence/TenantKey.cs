namespace Refrain;

/// <summary>A key of AES-256-GCM, and the name by which entries refer to it.</summary>
public sealed class TenantKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    /// <summary>Longest name.</summary>
    public const int IdLengthMax = 64;

    private readonly byte[] _bytes;

    /// <param name="id">The name: 1 to <see cref="IdLengthMax"/> printable ASCII characters. It is stored in the clear.</param>
    /// <param name="bytes">The key: <see cref="Size"/> secret random bytes; copied.</param>
    /// <exception cref="ArgumentException">The name or the key has another length, or the name other characters.</exception>
    public TenantKey(string id, ReadOnlySpan<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Length > IdLengthMax || id.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException($"The name of a key is 1 to {IdLengthMax} printable ASCII characters.", nameof(id));
        if (bytes.Length != Size)
            throw new ArgumentException($"A key has {Size} bytes; found {bytes.Length}.", nameof(bytes));
        Id = id;
        _bytes = bytes.ToArray();
    }

    /// <summary>The name.</summary>
    public string Id { get; }

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The name, never the key.</summary>
    public override string ToString() => Id;
}
