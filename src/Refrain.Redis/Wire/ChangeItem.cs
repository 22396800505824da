using System.Buffers.Binary;

namespace Refrain.Redis;

/// <summary>One item of a change log. FORMAT.md has the table.</summary>
/// <param name="Kind">One of the constants.</param>
/// <param name="Origin">The eight bytes of whoever wrote it.</param>
/// <param name="Key">Key of the entry; for an epoch its subject, and the number in the low half of the digest.</param>
internal readonly record struct ChangeItem(byte Kind, ulong Origin, CacheKey Key)
{
    /// <summary>Bytes of an origin.</summary>
    public const int OriginSize = 8;

    /// <summary>An entry was stored.</summary>
    public const byte Stored = (byte)'s';

    /// <summary>An entry was removed.</summary>
    public const byte Removed = (byte)'r';

    /// <summary>An epoch rose.</summary>
    public const byte Epoch = (byte)'e';

    /// <summary>The log begins.</summary>
    public const byte Begin = (byte)'b';

    private const int KeyOffset = 1 + OriginSize;
    private const int Size = KeyOffset + CacheAddress.Size;

    /// <summary>An item about an entry.</summary>
    public static byte[] Encode(byte kind, ReadOnlySpan<byte> origin, CacheKey key)
    {
        var item = new byte[Size];
        item[0] = kind;
        origin.CopyTo(item.AsSpan(1));
        CacheAddress.Write(item.AsSpan(KeyOffset), key);
        return item;
    }

    /// <summary>Reads an item; false if it is none of ours.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out ChangeItem item)
    {
        item = default;
        if (bytes.Length != Size) return false;
        item = new ChangeItem(bytes[0], BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]), CacheAddress.Read(bytes[KeyOffset..]));
        return true;
    }
}
