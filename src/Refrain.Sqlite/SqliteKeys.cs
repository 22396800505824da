using System.Buffers.Binary;

namespace Refrain.Sqlite;

/// <summary>Digests as SQLite keeps them: little-endian bytes, a key's scope first, so that a scope's entries lie together in the index.</summary>
internal static class SqliteKeys
{
    /// <summary>Bytes of a key.</summary>
    internal const int Size = 2 * DigestSize;

    private const int DigestSize = 16;

    internal static byte[] Of(CacheKey key)
    {
        var bytes = new byte[Size];
        Write(bytes, key);
        return bytes;
    }

    internal static void Write(Span<byte> bytes, CacheKey key)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, key.Scope);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[DigestSize..], key.Digest);
    }

    internal static byte[] Of(UInt128 subject)
    {
        var bytes = new byte[DigestSize];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, subject);
        return bytes;
    }

    internal static CacheKey ToKey(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128LittleEndian(bytes), BinaryPrimitives.ReadUInt128LittleEndian(bytes[DigestSize..]));

    internal static UInt128 ToSubject(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128LittleEndian(bytes);
}
