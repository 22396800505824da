using System.Buffers.Binary;
using System.IO.Hashing;

namespace Refrain.Redis;

/// <summary>
/// What stands in Redis at an entry's key: a fixed head that says which entry this is and how old, then the engine's bytes. FORMAT.md has the table.
/// </summary>
/// <remarks>A reply can be another key's: the head is compared with the key that was asked for before anything else is believed.</remarks>
internal static class EntryEnvelope
{
    /// <summary>Bytes before the engine's own.</summary>
    public const int HeadSize = 64;

    /// <summary>The first byte of every envelope.</summary>
    public const byte Magic = (byte)'R';

    /// <summary>The layout below; named by what it added: the age of an entry, so that a late write cannot replace a younger one.</summary>
    public const byte AgedVersion = 1;

    private const int KindOffset = 2;
    private const int SeedMarkOffset = 4;
    private const int CreatedAtOffset = 8;
    private const int ExpiresAtOffset = 16;
    private const int ScopeOffset = 24;
    private const int DigestOffset = 40;
    private const int ChecksumOffset = 56;

    /// <summary>What an envelope can hold.</summary>
    internal enum Kind : byte
    {
        /// <summary>An entry.</summary>
        Entry = 1,

        /// <summary>The memory of a removal: an entry older than it may not come back.</summary>
        Tombstone = 2,
    }

    /// <summary>What reading gave.</summary>
    internal enum Reading
    {
        /// <summary>An entry of this key and seed.</summary>
        Entry,

        /// <summary>Nothing, a removal, or an entry made under another seed.</summary>
        None,

        /// <summary>Bytes that were never stored at this key, or not whole.</summary>
        Foreign,
    }

    /// <summary>Wraps an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="seedMark">Mark of the seed its key was made with.</param>
    public static byte[] Encode(in StoredEntry entry, uint seedMark)
    {
        var envelope = new byte[HeadSize + entry.Value.Length];
        WriteHead(envelope, Kind.Entry, entry, seedMark);
        entry.Value.Span.CopyTo(envelope.AsSpan(HeadSize));
        BinaryPrimitives.WriteUInt64LittleEndian(envelope.AsSpan(ChecksumOffset), Checksum(envelope));
        return envelope;
    }

    /// <summary>The memory of a removal.</summary>
    public static byte[] EncodeTombstone(CacheKey key, DateTimeOffset removedAt, DateTimeOffset expiresAt, uint seedMark)
    {
        var envelope = new byte[HeadSize];
        WriteHead(envelope, Kind.Tombstone, new StoredEntry(key, default, expiresAt, removedAt), seedMark);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope.AsSpan(ChecksumOffset), Checksum(envelope));
        return envelope;
    }

    /// <summary>Unwraps what was found at <paramref name="key"/>. The entry's value is a part of <paramref name="envelope"/>, not a copy.</summary>
    public static Reading TryDecode(byte[] envelope, CacheKey key, uint seedMark, out StoredEntry entry)
    {
        entry = default;
        ReadOnlySpan<byte> bytes = envelope;
        if (bytes.Length < HeadSize || bytes[0] != Magic || bytes[1] != AgedVersion) return Reading.Foreign;
        if (BinaryPrimitives.ReadUInt128LittleEndian(bytes[ScopeOffset..]) != key.Scope) return Reading.Foreign;
        if (BinaryPrimitives.ReadUInt128LittleEndian(bytes[DigestOffset..]) != key.Digest) return Reading.Foreign;
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumOffset..]) != Checksum(bytes)) return Reading.Foreign;
        if (bytes[KindOffset] != (byte)Kind.Entry) return Reading.None;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[SeedMarkOffset..]) != seedMark) return Reading.None;

        entry = new StoredEntry(
            key,
            envelope.AsMemory(HeadSize),
            Instant(BinaryPrimitives.ReadInt64LittleEndian(bytes[ExpiresAtOffset..])),
            Instant(BinaryPrimitives.ReadInt64LittleEndian(bytes[CreatedAtOffset..])));
        return Reading.Entry;
    }

    /// <summary>Thirty-two bits that tell seeds apart without telling the seed.</summary>
    public static uint SeedMark(ulong seed)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        return (uint)XxHash3.HashToUInt64(bytes);
    }

    /// <summary>Microseconds since 1970, from 0 to 2⁵³: scripts compare them as doubles.</summary>
    public static long Microseconds(DateTimeOffset instant) =>
        Math.Clamp((instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond, 0, 1L << 53);

    private static DateTimeOffset Instant(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(microseconds, 0, 1L << 53) * TimeSpan.TicksPerMicrosecond);

    private static void WriteHead(Span<byte> envelope, Kind kind, in StoredEntry entry, uint seedMark)
    {
        envelope[0] = Magic;
        envelope[1] = AgedVersion;
        envelope[KindOffset] = (byte)kind;
        BinaryPrimitives.WriteUInt32LittleEndian(envelope[SeedMarkOffset..], seedMark);
        BinaryPrimitives.WriteInt64LittleEndian(envelope[CreatedAtOffset..], Microseconds(entry.CreatedAt));
        BinaryPrimitives.WriteInt64LittleEndian(envelope[ExpiresAtOffset..], Microseconds(entry.ExpiresAt));
        BinaryPrimitives.WriteUInt128LittleEndian(envelope[ScopeOffset..], entry.Key.Scope);
        BinaryPrimitives.WriteUInt128LittleEndian(envelope[DigestOffset..], entry.Key.Digest);
    }

    private static ulong Checksum(ReadOnlySpan<byte> envelope)
    {
        ulong head = XxHash3.HashToUInt64(envelope[..ChecksumOffset]);
        return XxHash3.HashToUInt64(envelope[HeadSize..], (long)head);
    }
}
