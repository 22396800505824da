using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using MessagePack;

namespace Refrain;

/// <summary>The only reader and writer of stored entries. The format stands in FORMAT.md beside this file.</summary>
internal static class EntryCodec
{
    /// <summary>The version that is written; others are taken for absent.</summary>
    internal const int Version = 1;

    /// <summary>Elements of the outer array.</summary>
    internal const int FieldCount = 13;

    /// <summary>Most subjects (everything, tenant, scope, tags) that an entry carries.</summary>
    internal const int EpochCountMax = 3 + CacheEntryOptions.TagCountMax;

    /// <summary>Greatest number of dimensions of an embedding.</summary>
    internal const int DimensionsMax = 4096;

    /// <summary>Longest scope and text, in bytes; payloads are bounded likewise.</summary>
    internal const int FieldSizeMax = SemanticCacheOptions.MaxFieldBytes;

    /// <summary>How far the clocks of two machines may be apart before an entry counts as made in the future.</summary>
    private static readonly long ClockSkewMaxTicks = TimeSpan.FromMinutes(5).Ticks;

    private const int KeptSizeMin = 4 * 1024;

    /// <summary>Each thread keeps one buffer to write in.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _kept;

    private const int DigestSize = 16;
    private const int DecimalSize = 16;

    /// <summary>A MessagePack uint64: its marker and eight bytes.</summary>
    private const int ChecksumSize = 9;

    /// <summary>Writes an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="seed">Seed of the store it goes to; the checksum depends on it.</param>
    internal static byte[] Encode(CacheEntry entry, ulong seed)
    {
        ArrayBufferWriter<byte> buffer = _kept ?? new ArrayBufferWriter<byte>(KeptSizeMin);
        _kept = null;
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(FieldCount);
        writer.Write(Version);
        WriteDigest(ref writer, entry.Key.Scope);
        WriteDigest(ref writer, entry.Key.Digest);
        writer.Write(entry.Scope.Canonical);
        writer.Write(entry.Text);
        writer.Write(entry.CreatedTicks);
        writer.Write(entry.FreshTicks);
        writer.Write(entry.ExpiresTicks);
        WriteDecimal(ref writer, entry.Cost);
        writer.WriteArrayHeader(entry.Epochs.Length * 2);
        foreach (StoredEpoch epoch in entry.Epochs)
        {
            WriteDigest(ref writer, epoch.Subject);
            writer.Write(epoch.Number);
        }

        WriteEmbedding(ref writer, entry.Embedding);
        writer.Write(entry.Payload);
        writer.Flush();
        ulong checksum = XxHash3.HashToUInt64(buffer.WrittenSpan, (long)seed);
        var tail = new MessagePackWriter(buffer);
        tail.WriteUInt64(checksum);
        tail.Flush();
        byte[] encoded = buffer.WrittenSpan.ToArray();

        // Cleared, because it held a prompt.
        buffer.Clear();
        if (buffer.Capacity <= ScratchBuffer.KeptSizeMax)
            _kept = buffer;
        return encoded;
    }

    /// <summary>Reads an entry that came from outside.</summary>
    /// <param name="value">The stored bytes; nothing is believed of them.</param>
    /// <param name="seed">Seed of the store they came from.</param>
    /// <param name="clock">The clock on which the entry ends.</param>
    /// <param name="asked">The scope in which it was asked for, whose digests need not be computed again; null if nobody asked.</param>
    /// <returns>The entry, or null if the bytes are damaged, of another version or of another store.</returns>
    internal static CacheEntry? Decode(ReadOnlyMemory<byte> value, ulong seed, MonotonicClock clock, CacheScope? asked = null)
    {
        if (value.Length < ChecksumSize || value.Span[^ChecksumSize] != MessagePackCode.UInt64)
            return null;
        ReadOnlyMemory<byte> body = value[..^ChecksumSize];
        ulong checksum = BinaryPrimitives.ReadUInt64BigEndian(value.Span[^8..]);
        if (checksum != XxHash3.HashToUInt64(body.Span, (long)seed))
            return null;
        try
        {
            return Read(body.Span, seed, clock, asked);
        }
        catch (Exception exception) when (exception is MessagePackSerializationException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static CacheEntry? Read(ReadOnlySpan<byte> body, ulong seed, MonotonicClock clock, CacheScope? asked)
    {
        var reader = new FieldReader(body);
        if (reader.ReadArrayHeader() != FieldCount || reader.ReadInt64() != Version)
            return null;
        var key = new CacheKey(ReadDigest(ref reader), ReadDigest(ref reader));
        CacheScope? scope = ReadScope(ref reader, asked);
        byte[] text = reader.ReadBytes(FieldSizeMax).ToArray();
        long created = reader.ReadInt64();
        long fresh = reader.ReadInt64();
        long expires = reader.ReadInt64();
        decimal cost = ReadDecimal(ref reader);
        StoredEpoch[] epochs = ReadEpochs(ref reader);
        StoredEmbedding? embedding = ReadEmbedding(ref reader);
        byte[] payload = reader.ReadBytes(FieldSizeMax).ToArray();
        if (!reader.IsAtEnd || cost < 0 || created < 0 || fresh < created || expires < fresh || expires > DateTimeOffset.MaxValue.UtcTicks)
            return null;

        // The digests inside must be those of the bytes inside: an entry cannot be filed under a key that is not its own.
        if (scope is null || KeyReader.KeyOf(scope, text, seed) != key)
            return null;

        // Made far in our future, so the machine's clock was set back: its span still counts, but from our own beginning.
        long shift = created - clock.NowTicks > ClockSkewMaxTicks ? created - clock.StartTicks : 0;
        return new CacheEntry
        {
            Key = key,
            Scope = scope,
            Text = text,
            Payload = payload,
            CreatedTicks = created,

            FreshTicks = fresh - shift,
            ExpiresTicks = expires - shift,
            Cost = cost,
            Epochs = epochs,
            Embedding = embedding,
            Clock = clock,
        };
    }

    /// <summary>The scope of an entry: the very one that was asked in, where its bytes are those.</summary>
    private static CacheScope? ReadScope(ref FieldReader reader, CacheScope? asked)
    {
        ReadOnlySpan<byte> bytes = reader.ReadBytes(FieldSizeMax);
        if (asked is not null && bytes.SequenceEqual(asked.Canonical))
            return asked.Keep();
        byte[] canonical = bytes.ToArray();
        return CanonicalForm.TenantOf(canonical) is { } tenant ? new CacheScope(tenant, canonical, isLent: false) : null;
    }

    private static void WriteDigest(ref MessagePackWriter writer, UInt128 digest)
    {
        writer.WriteBinHeader(DigestSize);
        BinaryPrimitives.WriteUInt128LittleEndian(writer.GetSpan(DigestSize), digest);
        writer.Advance(DigestSize);
    }

    private static UInt128 ReadDigest(ref FieldReader reader)
    {
        ReadOnlySpan<byte> bytes = reader.ReadBytes(DigestSize);
        return bytes.Length == DigestSize ? BinaryPrimitives.ReadUInt128LittleEndian(bytes) : throw new MessagePackSerializationException("A digest has another length.");
    }

    private static void WriteDecimal(ref MessagePackWriter writer, decimal number)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(number, parts);
        writer.WriteBinHeader(DecimalSize);
        Span<byte> bytes = writer.GetSpan(DecimalSize);
        for (int i = 0; i < parts.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * 4)..], parts[i]);
        writer.Advance(DecimalSize);
    }

    private static decimal ReadDecimal(ref FieldReader reader)
    {
        ReadOnlySpan<byte> bytes = reader.ReadBytes(DecimalSize);
        if (bytes.Length != DecimalSize)
            throw new MessagePackSerializationException("An amount has another length.");
        Span<int> parts = stackalloc int[4];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
        return new decimal(parts);
    }

    private static StoredEpoch[] ReadEpochs(ref FieldReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count % 2 != 0 || count > EpochCountMax * 2)
            throw new MessagePackSerializationException("More epochs than an entry can carry.");
        var epochs = new StoredEpoch[count / 2];
        for (int i = 0; i < epochs.Length; i++)
            epochs[i] = new StoredEpoch(ReadDigest(ref reader), reader.ReadInt64());
        return epochs;
    }

    private static void WriteEmbedding(ref MessagePackWriter writer, StoredEmbedding? embedding)
    {
        if (embedding is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(2);
        writer.WriteUInt64(embedding.SpaceDigest);
        ReadOnlySpan<Half> numbers = embedding.Numbers;
        writer.WriteBinHeader(numbers.Length * 2);
        Span<byte> bytes = writer.GetSpan(numbers.Length * 2);
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteHalfLittleEndian(bytes[(i * 2)..], numbers[i]);
        writer.Advance(numbers.Length * 2);
    }

    private static StoredEmbedding? ReadEmbedding(ref FieldReader reader)
    {
        if (reader.TryReadNil())
            return null;
        if (reader.ReadArrayHeader() != 2)
            throw new MessagePackSerializationException("An embedding is a digest and its numbers.");
        ulong space = reader.ReadUInt64();
        ReadOnlySpan<byte> bytes = reader.ReadBytes(DimensionsMax * 2);
        var numbers = new Half[bytes.Length / 2];
        bool usable = bytes.Length % 2 == 0;
        bool zero = true;
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]);
            usable &= Half.IsFinite(numbers[i]);
            zero &= numbers[i] == Half.Zero;
        }

        return usable && !zero ? new StoredEmbedding(space, numbers) : null;
    }
}
