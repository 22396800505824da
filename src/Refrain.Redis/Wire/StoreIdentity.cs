using System.Globalization;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>Which store this is. Every process that uses it agrees on these.</summary>
/// <param name="Seed">Secret seed of the keys.</param>
/// <param name="ShardCount">Into how many slots the entries are spread.</param>
/// <param name="Incarnation">Drawn when the identity was written: another one means that Redis was emptied in between.</param>
internal sealed record StoreIdentity(ulong Seed, int ShardCount, ulong Incarnation)
{
    /// <summary>The identity as <see cref="Scripts.Identify"/> returns it.</summary>
    /// <exception cref="FormatException">Something else has written there.</exception>
    public static StoreIdentity Parse(RedisResult reply, RedisKey key)
    {
        var fields = (string?[]?)reply;
        if (fields is [{ } seed, { } shards, { } incarnation]
            && ulong.TryParse(seed, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong seedNumber)
            && int.TryParse(shards, NumberStyles.None, CultureInfo.InvariantCulture, out int shardCount)
            && shardCount is >= 1 and <= 1_024
            && ulong.TryParse(incarnation, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong incarnationNumber))
        {
            return new StoreIdentity(seedNumber, shardCount, incarnationNumber);
        }

        throw new FormatException(
            $"{key} in Redis is not the identity of a Refrain store: expected seed, shards and incarnation. Use another key prefix, or delete all keys of this one.");
    }
}
