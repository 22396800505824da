using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Tests;

/// <summary>What is sealed is opened by its key, at its address, and nowhere else; nothing that comes from outside makes the reader allocate what it has not been given.</summary>
public sealed class ValueSealTests : IDisposable
{
    private const ulong Seed = 0xC0FFEE;

    private static readonly CacheKey Address = new(new UInt128(1, 2), new UInt128(3, 4));
    private static readonly MonotonicClock Clock = new(new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly string _directory = Directory.CreateTempSubdirectory("refrain-keys-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_was_sealed_is_opened() => Gen.Select(Gen.Byte.Array[0, 3_000], Gen.Bool, Gen.Bool, Gen.Bool).Sample((bytes, encrypts, compresses, repeats) =>
    {
        byte[] entry = [0x9D, .. repeats ? [.. bytes, .. bytes, .. bytes] : bytes];
        var seal = new ValueSeal(encrypts ? new FixedKeys() : null, compresses ? 100 : null);
        return seal.Open(seal.Seal(entry, Address, "tenant"), Address) is { } opened && opened.Span.SequenceEqual(entry);
    });

    [Fact]
    public void Without_keys_and_below_the_size_an_entry_is_stored_as_it_is()
    {
        byte[] entry = new byte[1_000];
        Assert.Same(entry, new ValueSeal(null, null).Seal(entry, Address, "tenant"));
        Assert.Same(entry, new ValueSeal(null, 1_000).Seal(entry, Address, "tenant"));
    }

    [Fact]
    public void Text_takes_less_where_it_is_compressed_and_chance_is_stored_as_it_is()
    {
        var seal = new ValueSeal(null, 100);
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(static i => $"The answer number {i} is {i * i}. ")));
        Assert.True(seal.Seal(text, Address, "tenant")!.Length < text.Length / 2);
        byte[] chance = new byte[2_000];
        new Random(1).NextBytes(chance);
        Assert.Same(chance, seal.Seal(chance, Address, "tenant"));
    }

    // Every bit stands under the cipher's tag, or says how to read: none can change unnoticed. A change of the key's name asks for a key that is not there.
    [Fact]
    public void Every_flipped_bit_and_every_cut_of_an_encrypted_value_is_noticed()
    {
        var seal = new ValueSeal(new FixedKeys(), 100);
        byte[] value = seal.Seal(Encoding.UTF8.GetBytes(new string('a', 150) + "an answer"), Address, "tenant")!;
        for (int bit = 0; bit < value.Length * 8; bit++)
        {
            byte[] flipped = [.. value];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(seal.Open(flipped, Address));
        }

        for (int length = 0; length < value.Length; length++)
            Assert.Null(seal.Open(value.AsMemory(0, length), Address));
        Assert.Null(seal.Open((byte[])[.. value, 0], Address));
    }

    [Fact]
    public void What_is_sealed_for_one_address_is_not_opened_at_another()
    {
        var seal = new ValueSeal(new FixedKeys(), null);
        byte[] value = seal.Seal([0x9D, 1, 2, 3], Address, "tenant")!;
        Assert.NotNull(seal.Open(value, Address));
        Assert.Null(seal.Open(value, Address with { Digest = 5 }));
        Assert.Null(seal.Open(value, Address with { Scope = 5 }));
    }

    [Fact]
    public void With_keys_nothing_that_is_not_encrypted_is_believed_and_without_keys_nothing_that_is()
    {
        byte[] entry = [0x9D, .. new byte[500]];
        byte[] compressed = new ValueSeal(null, 100).Seal([.. entry, .. RandomNumberGenerator.GetBytes(200)], Address, "tenant")!;
        byte[] encrypted = new ValueSeal(new FixedKeys(), null).Seal(entry, Address, "tenant")!;
        var withKeys = new ValueSeal(new FixedKeys(), null);
        Assert.Equal(ValueSeal.Magic, compressed[0]);
        Assert.NotNull(new ValueSeal(null, null).Open(compressed, Address));
        Assert.Null(withKeys.Open(compressed, Address));
        Assert.Null(withKeys.Open(entry, Address));
        Assert.Null(new ValueSeal(null, null).Open(encrypted, Address));
    }

    [Fact]
    public void Two_seals_of_one_entry_have_nothing_in_common()
    {
        var seal = new ValueSeal(new FixedKeys(), null);
        byte[] one = seal.Seal([0x9D, .. new byte[100]], Address, "tenant")!;
        byte[] other = seal.Seal([0x9D, .. new byte[100]], Address, "tenant")!;
        int head = ValueSeal.HeadSize + FixedKeys.Id.Length;
        Assert.True(Enumerable.Range(head, one.Length - head).Count(i => one[i] == other[i]) < 20);
    }

    // Goal: a bomb costs no more memory than it is long, times the ratio that a writer keeps to. Method: megabytes of zeros in a few bytes, with every size it could claim.
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(100 << 20)]
    [InlineData(0)]
    public void A_bomb_is_refused_before_anything_is_allocated(int claimed)
    {
        byte[] body = new byte[1 << 10];
        Assert.True(BrotliEncoder.TryCompress(new byte[100 << 20], body, out int written, 4, 22));
        byte[] value = [ValueSeal.Magic, ValueSeal.Version, ValueSeal.Compressed, 0, 0, 0, 0, 0, .. body.AsSpan(0, written)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(4), claimed);
        var seal = new ValueSeal(null, 100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(seal.Open(value, Address));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    // Method: as long a value as the ratio asks for, which claims one byte more than any entry has.
    [Fact]
    public void What_claims_to_be_longer_than_any_entry_is_refused_before_anything_is_allocated_however_long_it_is_itself()
    {
        byte[] value = [ValueSeal.Magic, ValueSeal.Version, ValueSeal.Compressed, 0, 0, 0, 0, 0, .. new byte[(ValueSeal.EntrySizeMax / ValueSeal.RatioMax) + 1]];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(4), ValueSeal.EntrySizeMax + 1);
        var seal = new ValueSeal(null, 100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(seal.Open(value, Address));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Fact]
    public void A_tenant_whose_key_is_destroyed_is_erased_and_no_other_is()
    {
        var keys = new TenantKeyDirectory(_directory);
        var seal = new ValueSeal(keys, null);
        byte[] mine = seal.Seal([0x9D, 1], Address, "mine")!;
        byte[] others = seal.Seal([0x9D, 2], Address, "other's")!;

        Assert.True(keys.Destroy("mine"));

        Assert.Null(seal.Open(mine, Address));
        Assert.NotNull(seal.Open(others, Address));
        Assert.False(keys.Destroy("mine"));

        // The tenant may come back: under another key, which does not open what was stored before.
        byte[] again = seal.Seal([0x9D, 3], Address, "mine")!;
        Assert.NotNull(seal.Open(again, Address));
        Assert.Null(seal.Open(mine, Address));
    }

    [Fact]
    public void Another_process_hears_of_a_destroyed_key_within_a_second_and_uses_the_same_keys()
    {
        var time = new FakeTimeProvider();
        var keys = new TenantKeyDirectory(_directory);
        var elsewhere = new TenantKeyDirectory(_directory, time);
        byte[] value = new ValueSeal(keys, null).Seal([0x9D, 1], Address, "tenant")!;
        var there = new ValueSeal(elsewhere, null);
        Assert.NotNull(there.Open(value, Address));

        keys.Destroy("tenant");
        time.Advance(TimeSpan.FromSeconds(1.1));

        Assert.Null(there.Open(value, Address));
        if (!OperatingSystem.IsWindows())
        {
            _ = keys.For("tenant");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(_directory))));
        }
    }

    [Fact]
    public void Names_of_keys_lead_nowhere_but_into_their_directory()
    {
        var keys = new TenantKeyDirectory(Path.Combine(_directory, "keys"));
        File.WriteAllBytes(Path.Combine(_directory, new string('a', 32) + ".key"), new byte[32]);
        foreach (string id in new[] { "", "../" + new string('a', 32), "..", new string('A', 32), new string('a', 31), new string('/', 32) })
            Assert.Null(keys.Find(id));
    }

    [Theory]
    [InlineData("", 32)]
    [InlineData("has space", 32)]
    [InlineData("ümlaut", 32)]
    [InlineData("short", 16)]
    public void A_key_without_a_name_or_of_another_length_is_refused(string id, int size) => Assert.Throws<ArgumentException>(() => new TenantKey(id, new byte[size]));

    [Theory]
    [InlineData("plain-1")]
    [InlineData("compressed-1")]
    [InlineData("encrypted-1")]
    [InlineData("compressed-encrypted-1")]
    public void What_the_first_version_wrote_is_still_read(string name)
    {
        byte[] value = File.ReadAllBytes(Path.Combine(Golden, name + ".bin"));
        var seal = new ValueSeal(name.Contains("encrypted", StringComparison.Ordinal) ? new FixedKeys() : null, null);
        CacheEntry expected = Sample();

        ReadOnlyMemory<byte> opened = Assert.NotNull(seal.Open(value, expected.Key));
        CacheEntry read = Assert.IsType<CacheEntry>(EntryCodec.Decode(opened, Seed, Clock));

        Assert.Equal(expected.Key, read.Key);
        Assert.Equal(expected.Payload, read.Payload);
        Assert.Equal(expected.Text, read.Text);
        Assert.Equal(0.25m, read.Cost);
        Assert.Equal([new StoredEpoch(7, 8)], read.Epochs);
        Assert.Equal(77ul, read.Embedding!.SpaceDigest);
        Assert.Equal(64, read.Embedding.Dimensions);
        if (name == "plain-1")
            Assert.Equal(value, EntryCodec.Encode(expected, Seed));
    }

    // Goal: the table of FORMAT.md is what the writer writes. Method: compute every offset from the table, and compare with a sealed value.
    [Fact]
    public void FORMAT_says_where_each_field_of_a_sealed_value_stands()
    {
        string[][] rows = [.. File.ReadLines(Path.Combine(Root, "src/Refrain/Persistence/FORMAT.md"))
            .SkipWhile(static line => !line.StartsWith("## Sealed", StringComparison.Ordinal))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && (char.IsAsciiDigit(line[2]) || line[2] == '…'))
            .Select(static line => line.Trim('|', ' ').Split('|').Select(static cell => cell.Trim()).ToArray())];
        Assert.Equal(["Magic", "Version", "Flags", "KeyNameSize", "Size", "KeyName", "Nonce", "Tag", "Body"], rows.Select(static row => row[2]));
        Assert.Equal([0, 1, 2, 3, 4, ValueSeal.HeadSize], rows.Take(6).Select(static row => int.Parse(row[0], CultureInfo.InvariantCulture)));
        Assert.Equal(["1", "1", "1", "1", "4", "…", $"{ValueSeal.NonceSize}", $"{ValueSeal.TagSize}", "…"], rows.Select(static row => row[1]));

        byte[] value = new ValueSeal(new FixedKeys(), null).Seal([0x9D, .. new byte[99]], Address, "tenant")!;
        Assert.Equal($"0x{value[0]:X2}", rows[0][3]);
        Assert.StartsWith($"{value[1]};", rows[1][3], StringComparison.Ordinal);
        Assert.Equal(ValueSeal.Encrypted, value[2]);
        Assert.Equal(FixedKeys.Id.Length, value[3]);
        Assert.Equal(100, BitConverter.ToInt32(value, 4));
        Assert.Equal(FixedKeys.Id, Encoding.ASCII.GetString(value, 8, value[3]));
        Assert.Equal(ValueSeal.HeadSize + value[3] + ValueSeal.NonceSize + ValueSeal.TagSize + 100, value.Length);
    }

    private static string Root
    {
        get
        {
            string directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "Engine.sln")))
                directory = Path.GetDirectoryName(directory)!;
            return directory;
        }
    }

    private static string Golden => Path.Combine(Root, "tests/Refrain.Tests/Persistence/Golden");

    private static CacheEntry Sample()
    {
        CacheScope scope = CacheScope.Create("tenant", ("model", "m-1"));
        byte[] text = "What is the capital of France?"u8.ToArray();
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(scope, text, Seed),
            Scope = scope,
            Text = text,
            Payload = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("Paris is the capital of France. ", 10))),
            CreatedTicks = Clock.StartTicks,
            ExpiresTicks = Clock.StartTicks + TimeSpan.TicksPerDay,
            Cost = 0.25m,
            Epochs = [new StoredEpoch(7, 8)],
            Embedding = StoredEmbedding.Of([.. Enumerable.Range(1, 64).Select(static i => (float)i)], 77),
            Clock = Clock,
        };
    }

    private sealed class FixedKeys : ITenantKeys
    {
        internal const string Id = "golden-key";

        private static readonly TenantKey Key = new(Id, [.. Enumerable.Range(0, 32).Select(static i => (byte)i)]);

        public TenantKey? For(string tenant) => Key;

        public TenantKey? Find(string id) => id == Id ? Key : null;
    }
}
