using System.Reflection;
using CsCheck;

namespace Refrain.Redis.Tests;

public sealed class EntryEnvelopeTests
{
    private const uint SeedMark = 0xFEED_0001;

    // Written once by version 1 for key (2, 3), value "answer", created at 1 s, expires at 2 s after 1970: it must read for ever.
    private const string Golden =
        "5201010001000000" + "40420F0000000000" + "80841E0000000000"
        + "02000000000000000000000000000000" + "03000000000000000000000000000000" + "8EE4994F6C59FC1C" + "616E73776572";

    private static StoredEntry Sample => new(
        new CacheKey(2, 3), "answer"u8.ToArray(), DateTimeOffset.UnixEpoch.AddSeconds(2), DateTimeOffset.UnixEpoch.AddSeconds(1));

    [Fact]
    public void What_was_wrapped_is_unwrapped() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Byte.Array[0, 300], Gen.Long[0, 1L << 53], Gen.Long[0, 1L << 53]).Sample((scope, digest, value, created, expires) =>
        {
            var entry = new StoredEntry(
                new CacheKey(new UInt128(scope, digest), new UInt128(digest, scope)), value,
                DateTimeOffset.UnixEpoch.AddTicks(expires * 10), DateTimeOffset.UnixEpoch.AddTicks(created * 10));
            byte[] envelope = EntryEnvelope.Encode(entry, SeedMark);
            return EntryEnvelope.TryDecode(envelope, entry.Key, SeedMark, out StoredEntry found) == EntryEnvelope.Reading.Entry
                && found.Key == entry.Key && found.ExpiresAt == entry.ExpiresAt && found.CreatedAt == entry.CreatedAt && found.Value.Span.SequenceEqual(value);
        });

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        byte[] envelope = EntryEnvelope.Encode(Sample, SeedMark);
        for (int bit = 0; bit < envelope.Length * 8; bit++)
        {
            byte[] damaged = [.. envelope];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(EntryEnvelope.Reading.Foreign, EntryEnvelope.TryDecode(damaged, Sample.Key, SeedMark, out _));
        }
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        byte[] envelope = EntryEnvelope.Encode(Sample, SeedMark);
        for (int length = 0; length < envelope.Length; length++)
            Assert.Equal(EntryEnvelope.Reading.Foreign, EntryEnvelope.TryDecode(envelope[..length], Sample.Key, SeedMark, out _));
    }

    [Fact]
    public void The_entry_of_another_key_is_foreign_and_that_of_another_seed_is_not_there()
    {
        byte[] envelope = EntryEnvelope.Encode(Sample, SeedMark);
        Assert.Equal(EntryEnvelope.Reading.Foreign, EntryEnvelope.TryDecode(envelope, Sample.Key with { Digest = 4 }, SeedMark, out _));
        Assert.Equal(EntryEnvelope.Reading.Foreign, EntryEnvelope.TryDecode(envelope, Sample.Key with { Scope = 4 }, SeedMark, out _));
        Assert.Equal(EntryEnvelope.Reading.None, EntryEnvelope.TryDecode(envelope, Sample.Key, SeedMark + 1, out _));
    }

    [Fact]
    public void A_tombstone_holds_no_entry()
    {
        byte[] tombstone = EntryEnvelope.EncodeTombstone(Sample.Key, Sample.CreatedAt, Sample.ExpiresAt, SeedMark);
        Assert.Equal(EntryEnvelope.Reading.None, EntryEnvelope.TryDecode(tombstone, Sample.Key, SeedMark, out _));
    }

    [Fact]
    public void Bytes_of_any_kind_are_no_entry() =>
        Gen.Byte.Array[0, 200].Sample(bytes => EntryEnvelope.TryDecode(bytes, Sample.Key, SeedMark, out _) == EntryEnvelope.Reading.Foreign);

    [Fact]
    public void The_first_version_reads_and_writes_as_it_always_did()
    {
        Assert.Equal(Golden, Convert.ToHexString(EntryEnvelope.Encode(Sample, 1)));
        Assert.Equal(EntryEnvelope.Reading.Entry, EntryEnvelope.TryDecode(Convert.FromHexString(Golden), Sample.Key, 1, out StoredEntry found));
        Assert.Equal(Sample.Value.ToArray(), found.Value.ToArray());
    }

    [Fact]
    public void The_format_file_says_where_each_field_of_the_envelope_stands()
    {
        Dictionary<string, int> offsets = typeof(EntryEnvelope).GetFields(BindingFlags.NonPublic | BindingFlags.Static)
            .Where(field => field.IsLiteral && field.Name.EndsWith("Offset", StringComparison.Ordinal))
            .ToDictionary(field => field.Name[..^"Offset".Length], field => (int)field.GetRawConstantValue()!);
        Dictionary<string, int> documented = FormatFile.Table("Envelope").ToDictionary(row => row.Field, row => row.Offset);

        foreach ((string field, int offset) in offsets) Assert.Equal(offset, documented[field]);
        Assert.Equal(EntryEnvelope.HeadSize, documented["Value"]);
        Assert.Equal(["Magic", "Version", "Reserved", "Value"], documented.Keys.Except(offsets.Keys));
    }

    [Fact]
    public void The_format_file_says_where_each_field_of_a_log_item_stands()
    {
        byte[] item = ChangeItem.Encode(ChangeItem.Stored, [1, 2, 3, 4, 5, 6, 7, 8], new CacheKey(9, 10));
        (int Offset, int Size, string Field)[] rows = [.. FormatFile.Table("Log item")];
        Assert.Equal(["Kind", "Origin", "Key"], rows.Select(row => row.Field));
        Assert.Equal(item.Length, rows[^1].Offset + rows[^1].Size);
        Assert.Equal((byte)'s', item[rows[0].Offset]);
        Assert.Equal(1, item[rows[1].Offset]);
        Assert.Equal(9, item[rows[2].Offset]);
    }
}
