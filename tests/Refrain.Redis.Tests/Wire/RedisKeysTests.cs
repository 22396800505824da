using System.Text;
using CsCheck;

namespace Refrain.Redis.Tests;

public sealed class RedisKeysTests
{
    [Fact]
    public void An_entrys_name_says_which_entry_it_is() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong, Gen.Int[1, 40]).Sample((a, b, c, shards) =>
        {
            var keys = new RedisKeys("p", shards);
            var key = new CacheKey(new UInt128(a, b), new UInt128(b, c));
            return keys.TryParseEntry((byte[])keys.Entry(key)!, out CacheKey parsed) && parsed == key;
        });

    [Fact]
    public void Names_of_other_things_are_no_entries() =>
        Gen.Select(Gen.String, Gen.Bool).Sample((name, isPrefixed) =>
            !new RedisKeys("p", 4).TryParseEntry(Encoding.UTF8.GetBytes(isPrefixed ? "p:{0.0}:e:" + name : name), out _));

    [Fact]
    public void Slots_are_those_of_the_cluster_specification()
    {
        Assert.Equal(0x31C3 & 16_383, RedisKeys.Slot("123456789"u8));
        Assert.Equal(12_182, RedisKeys.Slot("foo"u8));
        Assert.Equal(5_061, RedisKeys.Slot("bar"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(1_024)]
    public void Shards_spread_evenly_over_the_slots(int shardCount)
    {
        for (int shard = 0; shard < shardCount; shard++)
            Assert.Equal(shard, RedisKeys.Slot(Encoding.ASCII.GetBytes(RedisKeys.Tag(shard, shardCount))) * shardCount / 16_384);
    }

    [Fact]
    public void Entries_of_one_scope_are_in_one_shard()
    {
        var keys = new RedisKeys("p", 16);
        int[] shards = [.. Enumerable.Range(0, 100).Select(number => keys.ShardOf(new CacheKey(77, (UInt128)number))).Distinct()];
        Assert.Single(shards);
    }
}
