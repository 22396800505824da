namespace Refrain.Tests;

/// <summary>The buckets behind the table: an entry is found wherever it had to go, and for as long as it is there.</summary>
public sealed class BucketsTests
{
    private static readonly CacheScope Scope = CacheScope.Create("tenant");
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    // Goal: whatever comes and goes, what is there is found, and nothing else. Method: random operations beside a dictionary, on digests that share few first buckets,
    // few second ones and few tags, so that buckets fill up, entries go to their second, and some displace others.
    [Theory]
    [InlineData(1, 128)]
    [InlineData(2, 16)]
    [InlineData(3, 2)]
    [InlineData(4, 1)]
    public void They_agree_with_a_dictionary(int seed, int bucketCount)
    {
        var random = new Random(seed);
        var buckets = new Buckets(0);
        var model = new Dictionary<UInt128, CacheEntry>();
        UInt128[] digests = [.. Enumerable.Range(0, 600).Select(number => Digest(number, random.Next(bucketCount), random.Next(128), tag: random.Next(3)))];
        int displacedCount = 0;
        for (int i = 0; i < 40_000; i++)
        {
            UInt128 digest = digests[random.Next(digests.Length)];
            CacheEntry? there = model.GetValueOrDefault(digest);
            Assert.Same(there, buckets.Find(digest));
            Assert.Same(there, buckets.FindLikely(digest));
            if (there is not null)
                Use(there, random.Next(2));
            CacheEntry entry = Entry(digest);
            if (there is null)
            {
                buckets.Put(entry, out CacheEntry? displaced);
                model.Add(digest, entry);
                if (displaced is null)
                    continue;
                displacedCount++;
                Assert.True(model.Remove(displaced.Digest));
            }
            else if (random.Next(4) == 0)
            {
                Assert.True(buckets.Replace(there, entry));
                Assert.False(buckets.Remove(there));
                model[digest] = entry;
            }
            else
            {
                Assert.True(buckets.Remove(there));
                Assert.False(buckets.Replace(there, entry));
                model.Remove(digest);
            }
        }

        Assert.All(digests, digest => Assert.Same(model.GetValueOrDefault(digest), buckets.Find(digest)));
        Assert.Equal(bucketCount < 128, displacedCount > 0);
    }

    // Goal: a lookup goes to the second bucket for as long as any entry of its first is there, even where they are too many to be counted.
    [Fact]
    public void The_last_of_many_entries_in_their_second_buckets_is_found()
    {
        var buckets = new Buckets(0);
        CacheEntry[] entries = [.. Enumerable.Range(0, 600).Select(number => Entry(Digest(number, first: 0, second: 1 + (number % 127), tag: number)))];
        foreach (CacheEntry entry in entries)
        {
            buckets.Put(entry, out CacheEntry? displaced);
            Assert.Null(displaced);
        }

        for (int i = 0; i < entries.Length; i++)
        {
            Assert.Same(entries[^1], buckets.Find(entries[^1].Digest));
            Assert.Same(entries[i], buckets.Find(entries[i].Digest));
            Assert.True(buckets.Remove(entries[i]));
            Assert.Null(buckets.Find(entries[i].Digest));
        }
    }

    // Goal: who takes another's place in his second bucket is found there. Method: the least used entries are in the second bucket, and once more in the second bucket of another.
    [Fact]
    public void Who_displaces_another_in_a_second_bucket_is_found_as_are_those_that_stay()
    {
        var buckets = new Buckets(0);
        CacheEntry[] entries = [.. Enumerable.Range(0, 3 * Buckets.WayCount).Select(number => Entry(Digest(number, first: number / Buckets.WayCount, second: number / Buckets.WayCount, tag: 5)))];
        Array.ForEach(entries, entry => buckets.Put(entry, out _));
        CacheEntry unused = entries[Buckets.WayCount];
        Array.ForEach(entries, entry => Use(entry, entry == unused ? 0 : 2));
        CacheEntry one = Entry(Digest(100, first: 0, second: 1, tag: 5));
        buckets.Put(one, out CacheEntry? displaced);
        Assert.Same(unused, displaced);
        Assert.Same(one, buckets.Find(one.Digest));
        CacheEntry other = Entry(Digest(101, first: 2, second: 1, tag: 5));
        buckets.Put(other, out displaced);
        Assert.Same(one, displaced);
        Assert.Same(other, buckets.Find(other.Digest));
        Assert.Null(buckets.Find(one.Digest));
        Assert.All(entries, entry => Assert.Same(entry == unused ? null : entry, buckets.Find(entry.Digest)));
    }

    private static UInt128 Digest(int number, int first, int second, int tag)
    {
        // The way that an entry prefers is told by the digest's upper end: multiplied by an odd number, no two are the same.
        ulong low = ((ulong)(uint)second << 32) | (uint)first;
        ulong high = ((ulong)((uint)number * 0x9E37_79B1u) << 32) | (byte)tag;
        return new UInt128(high, low);
    }

    private static void Use(CacheEntry entry, int times)
    {
        for (int i = 0; i < times; i++)
            entry.Touch();
    }

    private static CacheEntry Entry(UInt128 digest) => new()
    {
        Key = new CacheKey(1, digest),
        Scope = Scope,
        Text = [],
        Payload = [],
        CreatedTicks = 0,
        ExpiresTicks = long.MaxValue,
        Cost = 0,
        Epochs = [],
        Clock = Clock,
    };
}
