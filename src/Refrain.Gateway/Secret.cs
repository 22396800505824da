using System.Security.Cryptography;
using System.Text;

namespace Refrain.Gateway;

/// <summary>A key or a password: whatever prints, logs or serialises it gets a mark instead. Only <see cref="Reveal"/> gives it away.</summary>
internal readonly struct Secret(string? value) : IEquatable<Secret>
{
    private readonly string? _value = string.IsNullOrEmpty(value) ? null : value;

    /// <summary>Whether there is one.</summary>
    public bool IsSet => _value is not null;

    /// <summary>The value itself, for the one place that sends it. Empty if there is none.</summary>
    public string Reveal() => _value ?? "";

    /// <summary>Whether both are the same, in a time that tells nothing about where they differ or how long they are.</summary>
    public bool Equals(Secret other) => CryptographicOperations.FixedTimeEquals(Digest(), other.Digest());

    public override bool Equals(object? obj) => obj is Secret other && Equals(other);

    public override int GetHashCode() => BitConverter.ToInt32(Digest(), 0);

    /// <summary>SHA-256 of the value: names its owner without giving it away. 32 bytes.</summary>
    public byte[] Digest() => SHA256.HashData(Encoding.UTF8.GetBytes(Reveal()));

    public override string ToString() => IsSet ? "(secret)" : "(none)";
}
