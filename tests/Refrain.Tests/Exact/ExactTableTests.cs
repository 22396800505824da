using System.Collections.Concurrent;

namespace Refrain.Tests;

/// <summary>The table in process: what it finds, what it keeps, what it never exceeds.</summary>
public sealed class ExactTableTests
{
    private const int Seed = 20_251_122;

    private static readonly CacheScope Scope = CacheScope.Create("tenant");
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: whatever is put, replaced and removed, the table says the same as a dictionary. Method: random operations on few keys, no eviction.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_dictionary(int seed)
    {
        var table = new ExactTable(long.MaxValue);
        var model = new Dictionary<int, CacheEntry>();
        var random = new Random(seed);
        for (int i = 0; i < 50_000; i++)
        {
            int number = random.Next(5_000);
            switch (random.Next(4))
            {
                case 0:
                    Assert.Equal(model.Remove(number), table.Remove(Entry(number).Key));
                    break;
                case 1:
                    Assert.Same(model.GetValueOrDefault(number), Find(table, number));
                    break;
                default:
                    CacheEntry entry = Entry(number, payloadSize: random.Next(200));
                    model[number] = entry;
                    table.Put(entry);
                    break;
            }
        }

        Assert.Equal(model.Count, table.Count);
        Assert.Equal(model.Values.Sum(static entry => (long)entry.Size), table.Bytes);
        Assert.All(model, pair => Assert.Same(pair.Value, Find(table, pair.Key)));
        table.Clear();
        Assert.Equal((0, 0L), (table.Count, table.Bytes));
        Assert.Null(Find(table, 1));
    }

    [Fact]
    public void It_never_takes_more_bytes_than_its_budget_whatever_the_sizes()
    {
        const long Budget = 200_000;
        var table = new ExactTable(Budget);
        var random = new Random(Seed);
        for (int i = 0; i < 200_000; i++)
        {
            table.Put(Entry(random.Next(20_000), payloadSize: (int)Math.Exp(random.NextDouble() * 10)));
            Assert.InRange(table.Bytes, 0, Budget);
        }

        Assert.InRange(table.Bytes, Budget * 85 / 100, Budget);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(number => Find(table, number)).OfType<CacheEntry>().Sum(static entry => (long)entry.Size), table.Bytes);
    }

    [Fact]
    public void An_answer_asked_for_as_text_is_decoded_twice_at_most_and_its_text_is_counted()
    {
        CacheEntry entry = Entry(1, payloadSize: 1_000);
        CacheEntry other = Entry(2, payloadSize: 1_000);
        var table = new ExactTable(3_500);
        table.Put(entry);
        table.Put(other);
        Assert.NotNull(table.Find(entry.Key));
        long bytes = table.Bytes;
        Assert.NotSame(entry.AnswerText(), entry.AnswerText());
        Assert.Same(entry.AnswerText(), entry.AnswerText());
        Assert.InRange(table.Bytes, bytes - other.Size + 2_000, 3_500);
        Assert.Equal(1, table.Count);
        table.Remove(entry.Key);
        Assert.Equal((0, 0L), (table.Count, table.Bytes));

        // Out of the table its text is nobody's, and is not kept.
        CacheEntry alone = Entry(3, payloadSize: 10);
        _ = alone.AnswerText();
        Assert.NotSame(alone.AnswerText(), alone.AnswerText());
    }

    [Fact]
    public void An_entry_larger_than_the_budget_is_not_taken_and_nothing_makes_room_for_it()
    {
        var table = new ExactTable(10_000);
        table.Put(Entry(1));
        table.Put(Entry(2, payloadSize: 20_000));
        Assert.NotNull(Find(table, 1));
        Assert.Null(Find(table, 2));
        table.Put(Entry(1, payloadSize: 20_000));
        Assert.Null(Find(table, 1));
    }

    // Goal: equal digests are not permission. Method: two requests whose keys are forced to be the same.
    [Fact]
    public void A_forced_collision_of_the_whole_key_serves_nobody_the_others_answer()
    {
        var table = new ExactTable(100_000);
        CacheEntry mine = Entry(1);
        CacheEntry theirs = With(Entry(2), mine.Key);
        table.Put(mine);
        Assert.Null(table.Find(mine.Key, Scope, theirs.Text));
        table.Put(theirs);
        Assert.Null(table.Find(mine.Key, Scope, mine.Text));
        Assert.Same(theirs, table.Find(mine.Key, Scope, theirs.Text));
        Assert.Null(table.Find(mine.Key, CacheScope.Create("another tenant"), theirs.Text));
    }

    // Goal: the same on the way of a hit, where the text is compared as UTF-16 and, if it is not ASCII, encoded first.
    [Theory]
    [InlineData("the capital of France", "the capital of Sweden")]
    [InlineData("a text that is longer than a vector of characters, by far: 1", "a text that is longer than a vector of characters, by far: 2")]
    [InlineData("die Hauptstadt von Österreich", "die Hauptstadt von Österreisch")]
    public void A_forced_collision_serves_nobody_the_others_answer_on_the_way_of_a_hit(string mine, string theirs)
    {
        var table = new ExactTable(100_000);
        CacheEntry stored = With(Entry(1), new CacheKey(1, 2), Caches.Bytes(mine));
        table.Put(stored);
        Assert.Null(table.Find((UInt128)2, Scope, theirs));
        Assert.Null(table.Find((UInt128)2, CacheScope.Create("another tenant"), mine));
        Assert.Equal(stored.IsAscii ? stored : null, table.Find((UInt128)2, Scope, mine));
        Assert.True(stored.Answers(Scope, mine));
        Assert.False(stored.Answers(Scope, theirs));
        Assert.False(stored.Answers(CacheScope.Create("another tenant"), mine));
    }

    // Goal: flooding one bucket costs the flooder, not the others. Method: digests that share both buckets and the tag.
    [Fact]
    public void Flooding_a_bucket_keeps_to_its_ways_and_leaves_the_others_alone()
    {
        var table = new ExactTable(long.MaxValue);
        for (int i = 0; i < 300; i++)
            table.Put(Entry(i));
        for (int i = 0; i < 10_000; i++)
            table.Put(With(Entry(1_000 + i), new CacheKey(1, ((UInt128)(uint)i << 96) | 7)));
        Assert.InRange(table.Count, 8, 300 + (2 * Buckets.WayCount));
        Assert.InRange(Enumerable.Range(0, 300).Count(number => Find(table, number) is not null), 300 - (2 * Buckets.WayCount), 300);
    }

    [Fact]
    public void A_scan_does_not_push_out_what_is_used()
    {
        var table = new ExactTable(Entry(0).Size * 1_000L);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 500; i++)
            {
                if (Find(table, i) is null)
                    table.Put(Entry(i));
            }
        }

        for (int i = 0; i < 20_000; i++)
            table.Put(Entry(1_000_000 + i));
        Assert.InRange(Enumerable.Range(0, 500).Count(number => Find(table, number) is not null), 480, 500);
    }

    [Fact]
    public void What_saves_more_is_kept_longer()
    {
        var table = new ExactTable(Entry(0).Size * 500L);
        var random = new Random(Seed);
        int[] kept = new int[2];
        for (int i = 0; i < 20_000; i++)
            table.Put(Entry(i, cost: i % 10 == 0 ? 1m : 0.001m));
        for (int i = 0; i < 20_000; i++)
        {
            if (Find(table, i) is not null)
                kept[i % 10 == 0 ? 1 : 0]++;
        }

        Assert.InRange(kept[1], kept[0] + 1, int.MaxValue);
    }

    // Goal: linearisable as far as a cache can be. Method: each key has one writer that stores growing versions; a reader must never see an older version than
    // one that was complete before it began, nor a newer one than was begun, nor anything after a removal was complete.
    [Fact]
    public async Task Readers_see_each_key_go_forward_only_under_eviction_and_removal()
    {
        const int KeyCount = 64;
        var table = new ExactTable(Entry(0, payloadSize: 64).Size * KeyCount / 2);
        long[] begun = new long[KeyCount];
        long[] complete = new long[KeyCount];
        long[] removedAt = new long[KeyCount];
        var faults = new ConcurrentQueue<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        long hits = 0;
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(() =>
        {
            var random = new Random(reader);
            while (!stop.IsCancellationRequested)
            {
                int key = random.Next(KeyCount);
                long floor = Volatile.Read(ref complete[key]);
                long removed = Volatile.Read(ref removedAt[key]);
                if (Find(table, key) is not { } entry)
                    continue;
                hits++;
                long version = BitConverter.ToInt64(entry.Payload);
                long ceiling = Volatile.Read(ref begun[key]);
                if (version < floor || version > ceiling || version <= removed)
                    faults.Enqueue($"key {key}: saw {version}, complete {floor}, begun {ceiling}, removed {removed}");
            }
        }))];
        Task[] writers = [.. Enumerable.Range(0, 2).Select(writer => Task.Run(() =>
        {
            var random = new Random(100 + writer);
            for (int i = 0; i < 60_000; i++)
            {
                int key = (random.Next(KeyCount / 2) * 2) + writer;
                if (random.Next(10) == 0)
                {
                    table.Remove(Entry(key).Key);
                    Volatile.Write(ref removedAt[key], begun[key]);
                    continue;
                }

                long version = begun[key] + 1;
                Volatile.Write(ref begun[key], version);
                table.Put(Entry(key, payloadSize: 64, version: version));
                Volatile.Write(ref complete[key], version);
            }
        }))];
        await Task.WhenAll(writers);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Empty(faults);
        Assert.True(hits > 0);
        Assert.InRange(table.Bytes, 0, Entry(0, payloadSize: 64).Size * KeyCount / 2);
    }

    // Goal: no reader passes a live entry by. Method: entries that nobody touches, read while others come, go and make the table grow.
    [Fact]
    public async Task An_entry_that_nobody_removes_is_found_at_every_moment()
    {
        var table = new ExactTable(long.MaxValue);
        CacheEntry[] kept = [.. Enumerable.Range(0, 200).Select(static number => Entry(number))];
        Array.ForEach(kept, table.Put);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        long misses = 0;
        Task reader = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                CacheEntry entry = kept[i % kept.Length];
                if (table.Find(entry.Key, Scope, entry.Text) != entry)
                    misses++;
            }
        });
        for (int i = 0; i < 40_000; i++)
        {
            table.Put(Entry(1_000 + i));
            if (i % 3 == 0)
                table.Remove(Entry(1_000 + (i / 2)).Key);
        }

        await stop.CancelAsync();
        await reader;
        Assert.Equal(0, misses);
    }

    internal static CacheEntry Entry(int number, int payloadSize = 100, decimal cost = 0, long version = 0)
    {
        byte[] text = BitConverter.GetBytes(number);
        byte[] payload = new byte[Math.Max(payloadSize, sizeof(long))];
        BitConverter.TryWriteBytes(payload, version);
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(Scope, text, Seed),
            Scope = Scope,
            Text = text,
            Payload = payload,
            CreatedTicks = 0,
            ExpiresTicks = long.MaxValue,
            Cost = cost,
            Epochs = [],
            Clock = Clock,
        };
    }

    private static CacheEntry? Find(ExactTable table, int number)
    {
        CacheEntry entry = Entry(number);
        return table.Find(entry.Key, Scope, entry.Text);
    }

    private static CacheEntry With(CacheEntry entry, CacheKey key, byte[]? text = null) => new()
    {
        Key = key,
        Scope = entry.Scope,
        Text = text ?? entry.Text,
        Payload = entry.Payload,
        CreatedTicks = entry.CreatedTicks,
        ExpiresTicks = entry.ExpiresTicks,
        Cost = entry.Cost,
        Epochs = entry.Epochs,
        Clock = entry.Clock,
    };
}
