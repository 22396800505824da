using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Refrain;

/// <summary>What stands around an encoded entry in the store, where it is compressed or encrypted. The format stands in FORMAT.md beside this file.</summary>
/// <param name="keys">The tenants' keys; null: nothing is encrypted.</param>
/// <param name="compressAboveBytes">Longer entries are compressed; null: none.</param>
internal sealed class ValueSeal(ITenantKeys? keys, int? compressAboveBytes)
{
    /// <summary>The byte that begins a sealed value, and no MessagePack.</summary>
    internal const byte Magic = 0xC1;

    /// <summary>The version that is written: 1, the first.</summary>
    internal const byte Version = 1;

    internal const byte Compressed = 1;
    internal const byte Encrypted = 2;

    /// <summary>Bytes before the name of the key.</summary>
    internal const int HeadSize = 8;

    internal const int NonceSize = 12;
    internal const int TagSize = 16;

    /// <summary>How many times smaller than its entry a compressed one can be: so many times its own length is allocated for it at most.</summary>
    internal const int RatioMax = 64;

    /// <summary>Longest entry: scope, text and payload at their longest, and what is around them.</summary>
    internal const int EntrySizeMax = (3 * EntryCodec.FieldSizeMax) + (64 * 1024);

    private const int AddressSize = 32;

    /// <summary>On the way to the store, off every caller's thread: the middle of Brotli's range.</summary>
    private const int Quality = 4;
    private const int Window = 22;

    /// <summary>The bytes for the store.</summary>
    /// <param name="entry">An encoded entry.</param>
    /// <param name="key">Its address: what it is sealed for cannot be opened at another.</param>
    /// <param name="tenant">Its tenant.</param>
    /// <returns>Null if the tenant has no key.</returns>
    internal byte[]? Seal(byte[] entry, CacheKey key, string tenant)
    {
        TenantKey? tenantKey = keys?.For(tenant);
        if (keys is not null && tenantKey is null)
            return null;
        byte[]? smaller = entry.Length > compressAboveBytes ? Compress(entry) : null;
        if (tenantKey is null && smaller is null)
            return entry;

        ReadOnlySpan<byte> body = smaller ?? entry;
        int idSize = tenantKey?.Id.Length ?? 0;
        int bodyOffset = HeadSize + idSize + (tenantKey is null ? 0 : NonceSize + TagSize);
        var value = new byte[bodyOffset + body.Length];
        value[0] = Magic;
        value[1] = Version;
        value[2] = (byte)((smaller is null ? 0 : Compressed) | (tenantKey is null ? 0 : Encrypted));
        value[3] = (byte)idSize;
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(4), entry.Length);
        if (tenantKey is null)
        {
            body.CopyTo(value.AsSpan(bodyOffset));
            return value;
        }

        Encoding.ASCII.GetBytes(tenantKey.Id, value.AsSpan(HeadSize));
        Span<byte> nonce = value.AsSpan(HeadSize + idSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(tenantKey.Bytes, TagSize);
        cipher.Encrypt(nonce, body, value.AsSpan(bodyOffset), value.AsSpan(HeadSize + idSize + NonceSize, TagSize), Bound(value.AsSpan(0, HeadSize + idSize), key));
        return value;
    }

    /// <summary>The encoded entry in bytes from the store; nothing is believed of them.</summary>
    /// <param name="value">The stored bytes.</param>
    /// <param name="key">The address they were asked for.</param>
    /// <returns>Null if they are damaged, sealed for another address, or under a key that is gone; or not encrypted although entries are.</returns>
    internal ReadOnlyMemory<byte>? Open(ReadOnlyMemory<byte> value, CacheKey key)
    {
        ReadOnlySpan<byte> bytes = value.Span;
        if (bytes.IsEmpty || bytes[0] != Magic)
            return keys is null ? value : default(ReadOnlyMemory<byte>?);
        if (bytes.Length < HeadSize || bytes[1] != Version || (bytes[2] & ~(Compressed | Encrypted)) != 0)
            return null;
        bool isEncrypted = (bytes[2] & Encrypted) != 0;
        int idSize = bytes[3];
        int size = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        int bodyOffset = HeadSize + idSize + (isEncrypted ? NonceSize + TagSize : 0);
        if (isEncrypted != keys is not null || (idSize == 0) == isEncrypted || bytes.Length < bodyOffset || size < 0)
            return null;

        ReadOnlyMemory<byte> body = value[bodyOffset..];
        if (isEncrypted)
        {
            if (Decrypt(bytes, idSize, body.Span, key) is not { } plain)
                return null;
            body = plain;
        }

        if ((bytes[2] & Compressed) != 0)
            return Decompress(body.Span, size);
        return body.Length == size ? body : default(ReadOnlyMemory<byte>?);
    }

    private static byte[]? Compress(byte[] entry)
    {
        byte[] buffer = new byte[entry.Length];
        bool isSmaller = BrotliEncoder.TryCompress(entry, buffer, out int written, Quality, Window);

        // What shrinks further than a reader allows is stored as it is.
        return isSmaller && entry.Length <= (long)written * RatioMax ? buffer[..written] : null;
    }

    private static ReadOnlyMemory<byte>? Decompress(ReadOnlySpan<byte> body, int size)
    {
        if (size > EntrySizeMax || size > (long)body.Length * RatioMax)
            return null;
        byte[] entry = new byte[size];
        return BrotliDecoder.TryDecompress(body, entry, out int written) && written == size ? entry : default(ReadOnlyMemory<byte>?);
    }

    private byte[]? Decrypt(ReadOnlySpan<byte> bytes, int idSize, ReadOnlySpan<byte> body, CacheKey key)
    {
        ReadOnlySpan<byte> id = bytes.Slice(HeadSize, idSize);
        if (idSize > TenantKey.IdLengthMax || id.ContainsAnyExceptInRange((byte)'!', (byte)'~') || keys!.Find(Encoding.ASCII.GetString(id)) is not { } tenantKey)
            return null;
        byte[] plain = new byte[body.Length];
        try
        {
            using var cipher = new AesGcm(tenantKey.Bytes, TagSize);
            cipher.Decrypt(
                bytes.Slice(HeadSize + idSize, NonceSize), body, bytes.Slice(HeadSize + idSize + NonceSize, TagSize), plain, Bound(bytes[..(HeadSize + idSize)], key));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>What the cipher vouches for besides the entry: the head, and the address it stands at.</summary>
    private static byte[] Bound(ReadOnlySpan<byte> head, CacheKey key)
    {
        var bound = new byte[AddressSize + head.Length];
        BinaryPrimitives.WriteUInt128LittleEndian(bound, key.Scope);
        BinaryPrimitives.WriteUInt128LittleEndian(bound.AsSpan(16), key.Digest);
        head.CopyTo(bound.AsSpan(AddressSize));
        return bound;
    }
}
