using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Refrain.Fuzz;

/// <summary>Stored entries as they come from a store that nobody vouches for.</summary>
internal static class EntryTargets
{
    private const ulong Seed = 42;
    private const int ChecksumSize = 9;
    private const byte UInt64Marker = 0xcf;

    private static readonly CacheKey Address = new(1, 2);
    private static readonly ValueSeal[] Seals = [new(null, null), new(new OneKey(), 64)];
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    /// <summary>Any bytes: damaged, cut, foreign.</summary>
    public static void Raw(ReadOnlySpan<byte> data) => Check(data.ToArray());

    /// <summary>Bytes under a checksum that is right, as a store could hold that somebody else wrote to: what lies behind the checksum has to hold by itself.</summary>
    public static void Forged(ReadOnlySpan<byte> data)
    {
        byte[] value = new byte[data.Length + ChecksumSize];
        data.CopyTo(value);
        value[data.Length] = UInt64Marker;
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(data.Length + 1), XxHash3.HashToUInt64(data, (long)Seed));
        Check(value);
    }

    /// <summary>Sealed values of any kind, to a reader without keys and to one with them.</summary>
    public static void Sealed(ReadOnlySpan<byte> data)
    {
        byte[] value = data.ToArray();
        foreach (ValueSeal seal in Seals)
        {
            if (seal.Open(value, Address) is not { } entry)
                continue;
            byte[] again = seal.Seal(entry.ToArray(), Address, "t") ?? throw new InvalidDataException("What was opened cannot be sealed.");
            if (seal.Open(again, Address) is not { } reopened || !reopened.Span.SequenceEqual(entry.Span))
                throw new InvalidDataException("A value changed on its way out and in.");
        }
    }

    /// <summary>Values as each seal makes them.</summary>
    public static IEnumerable<byte[]> SealedWhole() => Whole().Where(static entry => entry.Length > 0)
        .SelectMany(entry => Seals.Append(new ValueSeal(null, 0)).Select(seal => seal.Seal([.. entry, .. entry, .. entry], Address, "t")!));

    /// <summary>Whole entries, with and without embedding, tags and text.</summary>
    public static IEnumerable<byte[]> Whole()
    {
        CacheScope scope = CacheScope.Create("tenant", ("model", "m-1"), ("system", "You are brief."));
        yield return EntryCodec.Encode(EntryOf(scope, "What is the capital of France?", "Paris.", [new StoredEpoch(7, 1), new StoredEpoch(UInt128.MaxValue, long.MaxValue)], StoredEmbedding.Of([0.5f, -0.25f, 1], 99)), Seed);
        yield return EntryCodec.Encode(EntryOf(CacheScope.Create("t"), "", "", [], null), Seed);
        yield return [];
    }

    /// <summary>The same without their checksums.</summary>
    public static IEnumerable<byte[]> Bodies() => Whole().Select(entry => entry.Length == 0 ? entry : entry[..^ChecksumSize]);

    private static void Check(byte[] value)
    {
        if (EntryCodec.Decode(value, Seed, Clock) is not { } entry)
            return;

        // What was read can be written, and reads as the same again.
        CacheEntry again = EntryCodec.Decode(EntryCodec.Encode(entry, Seed), Seed, Clock) ?? throw new InvalidDataException("An entry that was read cannot be written and read again.");
        if (again.Key != entry.Key || !again.Payload.AsSpan().SequenceEqual(entry.Payload) || !again.Text.AsSpan().SequenceEqual(entry.Text) || again.Cost != entry.Cost)
            throw new InvalidDataException("An entry changed on its way out and in.");
    }

    private static CacheEntry EntryOf(CacheScope scope, string text, string payload, StoredEpoch[] epochs, StoredEmbedding? embedding)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(scope, bytes, Seed),
            Scope = scope,
            Text = bytes,
            Payload = Encoding.UTF8.GetBytes(payload),
            CreatedTicks = DateTimeOffset.UnixEpoch.UtcTicks,
            ExpiresTicks = DateTimeOffset.UnixEpoch.AddYears(100).UtcTicks,
            Cost = 0.125m,
            Epochs = epochs,
            Embedding = embedding,
            Clock = Clock,
        };
    }

    private sealed class OneKey : ITenantKeys
    {
        private readonly TenantKey _key = new("k", new byte[TenantKey.Size]);

        public TenantKey? For(string tenant) => _key;

        public TenantKey? Find(string id) => id == _key.Id ? _key : null;
    }
}
