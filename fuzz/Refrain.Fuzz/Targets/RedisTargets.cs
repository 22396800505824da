using Refrain.Redis;

namespace Refrain.Fuzz;

/// <summary>Replies of a Redis that somebody else may write to, or that hands over another key's value.</summary>
internal static class RedisTargets
{
    private const uint SeedMark = 5;

    private static readonly CacheKey Key = new(1, UInt128.MaxValue);

    /// <summary>Any reply: an entry of this very key, or nothing.</summary>
    public static void Envelope(ReadOnlySpan<byte> data)
    {
        if (EntryEnvelope.TryDecode(data.ToArray(), Key, SeedMark, out StoredEntry entry) == EntryEnvelope.Reading.Entry
            && (entry.Key != Key || entry.Value.Length != data.Length - EntryEnvelope.HeadSize))
            throw new InvalidDataException("A reply was taken for an entry that it is not.");
    }

    /// <summary>Entries and the memories of removals, of this key and of another, of this seed and of another.</summary>
    public static IEnumerable<byte[]> Envelopes()
    {
        StoredEntry entry = new(Key, new byte[] { 1, 2, 3 }, DateTimeOffset.UnixEpoch.AddYears(90), DateTimeOffset.UnixEpoch.AddYears(50));
        yield return EntryEnvelope.Encode(entry, SeedMark);
        yield return EntryEnvelope.Encode(entry, SeedMark + 1);
        yield return EntryEnvelope.Encode(entry with { Key = new(2, 3) }, SeedMark);
        yield return EntryEnvelope.EncodeTombstone(Key, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, SeedMark);
        yield return [];
    }
}
