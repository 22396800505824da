using System.Globalization;
using CsCheck;
using MessagePack;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Tests;

/// <summary>What is written is read back; nothing else is believed.</summary>
public sealed class EntryCodecTests
{
    private const ulong Seed = 0xC0FFEE;

    private static readonly MonotonicClock Clock = new(new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero)));

    private static readonly Gen<CacheEntry> Entries =
        from tenant in Gen.String[1, 20].Where(IsWellFormed)
        from value in Gen.String[0, 50].Where(IsWellFormed)
        from text in Gen.String[1, 200].Where(IsWellFormed)
        from payload in Gen.Byte.Array[0, 2_000]
        from cost in Gen.Int[0, int.MaxValue]
        from epochs in Gen.Select(Gen.ULong, Gen.ULong, Gen.Long[0, long.MaxValue]).Array[0, 5]
        from vector in Gen.Float[0.01f, 1].Array[64, 128]
        from hasVector in Gen.Bool
        select Make(tenant, value, text, payload, cost / 1_000_000m, epochs, hasVector ? vector : null);

    [Fact]
    public void What_is_written_is_read_back() => Entries.Sample(
        static entry =>
        {
            CacheEntry? read = EntryCodec.Decode(EntryCodec.Encode(entry, Seed), Seed, Clock);
            return read is not null && read.Key == entry.Key && read.Scope.Equals(entry.Scope) && read.Scope.Tenant == entry.Scope.Tenant && read.Text.AsSpan().SequenceEqual(entry.Text)
                && read.Payload.AsSpan().SequenceEqual(entry.Payload) && read.CreatedTicks == entry.CreatedTicks && read.ExpiresTicks == entry.ExpiresTicks && read.FreshTicks == entry.FreshTicks && read.Cost == entry.Cost
                && read.Epochs.AsSpan().SequenceEqual(entry.Epochs) && (read.Embedding is null) == (entry.Embedding is null)
                && (read.Embedding is null || (read.Embedding.SpaceDigest == entry.Embedding!.SpaceDigest && read.Embedding.Numbers.SequenceEqual(entry.Embedding.Numbers)));
        },
        iter: 2_000);

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        byte[] whole = EntryCodec.Encode(Sample(), Seed);
        for (int i = 0; i < whole.Length * 8; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i / 8] ^= (byte)(1 << (i % 8));
            Assert.Null(EntryCodec.Decode(damaged, Seed, Clock));
        }
    }

    [Fact]
    public void Every_truncation_and_extension_is_noticed()
    {
        byte[] whole = EntryCodec.Encode(Sample(), Seed);
        for (int length = 0; length < whole.Length; length++)
            Assert.Null(EntryCodec.Decode(whole.AsMemory(0, length), Seed, Clock));
        Assert.Null(EntryCodec.Decode((byte[])[.. whole, 0], Seed, Clock));
    }

    [Fact]
    public void An_entry_of_another_store_is_not_believed() => Assert.Null(EntryCodec.Decode(EntryCodec.Encode(Sample(), Seed), Seed + 1, Clock));

    // Goal: even whoever can compute checksums cannot file an answer under another request's key, or make the reader allocate what is not there.
    [Fact]
    public void A_forged_entry_with_a_right_checksum_is_refused()
    {
        CacheEntry entry = Sample();
        CacheEntry misfiled = Make("tenant", "value", "another text", [1, 2, 3], 0, [], null);
        Assert.NotNull(EntryCodec.Decode(Forge(entry), Seed, Clock));
        Assert.Null(EntryCodec.Decode(Forge(entry, key: misfiled.Key), Seed, Clock));
        Assert.Null(EntryCodec.Decode(Forge(entry, version: 2), Seed, Clock));
        Assert.Null(EntryCodec.Decode(Forge(entry, fieldCount: 14), Seed, Clock));
        Assert.Null(EntryCodec.Decode(Forge(entry, expires: entry.CreatedTicks - 1), Seed, Clock));
        Assert.Null(EntryCodec.Decode(Forge(entry, epochCount: 1 << 28), Seed, Clock));
        Assert.Null(EntryCodec.Decode(Forge(entry, payloadLength: int.MaxValue), Seed, Clock));
    }

    [Fact]
    public void An_entry_from_the_future_lasts_its_span_from_our_beginning_and_no_longer()
    {
        long future = Clock.NowTicks + TimeSpan.FromDays(400).Ticks;
        CacheEntry entry = Make("t", "", "x", [], 0, [], null, future, future + TimeSpan.FromHours(1).Ticks);
        CacheEntry? read = EntryCodec.Decode(EntryCodec.Encode(entry, Seed), Seed, Clock);
        Assert.Equal(Clock.StartTicks + TimeSpan.FromHours(1).Ticks, read!.ExpiresTicks);
    }

    // Goal: the table of FORMAT.md is what the writer writes. Method: read an entry with nothing but the table.
    [Fact]
    public void FORMAT_lists_the_fields_that_are_written_in_their_order()
    {
        string[][] rows = FormatRows();
        Assert.Equal(EntryCodec.FieldCount, rows.Length);
        byte[] whole = EntryCodec.Encode(Sample(), Seed);
        var reader = new MessagePackReader(whole);
        Assert.Equal(rows.Length, reader.ReadArrayHeader());
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(i, int.Parse(rows[i][0], CultureInfo.InvariantCulture));
            MessagePackType expected = rows[i][2] switch
            {
                "int" or "uint 64" => MessagePackType.Integer,
                "bin" => MessagePackType.Binary,
                "array" => MessagePackType.Array,
                _ => MessagePackType.Extension,
            };
            Assert.Equal(expected, reader.NextMessagePackType);
            long start = reader.Consumed;
            reader.Skip();
            if (rows[i][3].Length > 0 && rows[i][2] == "uint 64")
                Assert.Equal(int.Parse(rows[i][3], CultureInfo.InvariantCulture), reader.Consumed - start);
        }

        Assert.True(reader.End);
        Assert.Equal(EntryCodec.FieldSizeMax, int.Parse(rows[11][3], CultureInfo.InvariantCulture));
        Assert.Equal(EntryCodec.EpochCountMax * 2, int.Parse(rows[9][3], CultureInfo.InvariantCulture));
        Assert.Contains($"at most {EntryCodec.DimensionsMax * 2} bytes", rows[10][4], StringComparison.Ordinal);
    }

    private static string[][] FormatRows() =>
        [.. File.ReadLines(Path.Combine(Root(), "src/Refrain/Persistence/FORMAT.md"))
            .TakeWhile(static line => !line.StartsWith("## Sealed", StringComparison.Ordinal))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .Select(static line => line.Trim('|', ' ').Split('|').Select(static cell => cell.Trim()).ToArray())];

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Engine.sln")))
            directory = Path.GetDirectoryName(directory)!;
        return directory;
    }

    private static byte[] Forge(CacheEntry entry, CacheKey? key = null, int version = 1, int fieldCount = 13, long? expires = null, int epochCount = 0, int? payloadLength = null)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(fieldCount);
        writer.Write(version);
        byte[] digest = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(digest, (key ?? entry.Key).Scope);
        writer.Write(digest);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(digest, (key ?? entry.Key).Digest);
        writer.Write(digest);
        writer.Write(entry.Scope.Canonical);
        writer.Write(entry.Text);
        writer.Write(entry.CreatedTicks);
        writer.Write(entry.FreshTicks);
        writer.Write(expires ?? entry.ExpiresTicks);
        writer.Write(new byte[16]);
        writer.WriteArrayHeader(epochCount);
        writer.WriteNil();
        byte[] header = [0xc6, 0, 0, 0, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), payloadLength ?? 3);
        writer.WriteRaw(header);
        writer.WriteRaw([1, 2, 3]);
        for (int i = 13; i < fieldCount; i++)
            writer.WriteNil();
        writer.Flush();
        var tail = new MessagePackWriter(buffer);
        tail.WriteUInt64(System.IO.Hashing.XxHash3.HashToUInt64(buffer.WrittenSpan, (long)Seed));
        tail.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static bool IsWellFormed(string text)
    {
        try
        {
            CanonicalForm.ToUtf8(text, nameof(text));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // Goal: more than any entry carries is refused whoever vouches for it with a checksum, and at the limit it is taken.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void More_epochs_or_numbers_than_an_entry_can_carry_are_refused(int beyond, bool isTaken)
    {
        CacheEntry epochs = Make("tenant", "value", "text", [1], 0, [.. Enumerable.Range(1, EntryCodec.EpochCountMax + beyond).Select(static i => ((ulong)i, 0ul, 1L))], null);
        CacheEntry numbers = Make("tenant", "value", "text", [1], 0, [], [.. Enumerable.Range(1, EntryCodec.DimensionsMax + beyond).Select(static i => (float)i)]);
        Assert.Equal(isTaken, EntryCodec.Decode(EntryCodec.Encode(epochs, Seed), Seed, Clock) is not null);
        Assert.Equal(isTaken, EntryCodec.Decode(EntryCodec.Encode(numbers, Seed), Seed, Clock) is not null);
    }

    private static CacheEntry Sample() => Make("tenant", "value", "What is the capital of France?", [1, 2, 3], 0.25m, [(1, 2, 3)], [.. Enumerable.Range(1, 64).Select(static i => (float)i)]);

    private static CacheEntry Make(
        string tenant, string value, string text, byte[] payload, decimal cost, (ulong, ulong, long)[] epochs, float[]? vector, long? created = null, long? expires = null)
    {
        CacheScope scope = CacheScope.Create(tenant, ("field", value));
        byte[] utf8 = CanonicalForm.ToUtf8(text, nameof(text));
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(scope, utf8, Seed),
            Scope = scope,
            Text = utf8,
            Payload = payload,
            CreatedTicks = created ?? Clock.NowTicks,
            ExpiresTicks = expires ?? Clock.NowTicks + TimeSpan.TicksPerDay,
            Cost = cost,
            Epochs = [.. epochs.Select(static epoch => new StoredEpoch(new UInt128(epoch.Item1, epoch.Item2), epoch.Item3))],
            Embedding = vector is null ? null : StoredEmbedding.Of(vector, 77),
            Clock = Clock,
        };
    }
}
