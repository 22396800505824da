using System.Buffers.Binary;

namespace Refrain.Redis;

/// <summary>A <see cref="CacheKey"/> as 32 bytes.</summary>
internal static class CacheAddress
{
    /// <summary>Bytes of a key: scope, then digest.</summary>
    public const int Size = 32;

    /// <summary>Writes the key into the first <see cref="Size"/> bytes.</summary>
    public static void Write(Span<byte> bytes, CacheKey key)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, key.Scope);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[16..], key.Digest);
    }

    /// <summary>Reads a key from the first <see cref="Size"/> bytes.</summary>
    public static CacheKey Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128LittleEndian(bytes), BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]));
}
