namespace Refrain.Vectors.Tests;

/// <summary>Readers take no lock: what they see must be true all the same.</summary>
public sealed class ConcurrencyTests
{
    private const int Dimensions = 64;

    private static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 64, Seed = 3 };

    private static float[] VectorOf(int key) => TestVectors.Unit(new Random(key), Dimensions);

    // Goal: a key that is always there is always found, although its slot changes all the time, extents grow and tables are made anew.
    [Fact]
    public async Task What_is_always_there_is_always_found_and_nothing_else()
    {
        const int StableCount = 50, ChurnCount = 3000;
        using var index = VectorIndex.Create(Options);
        float[][] stable = [.. Enumerable.Range(0, StableCount).Select(VectorOf)];
        for (int key = 0; key < StableCount; key++)
            index.Add(1, (UInt128)(uint)key, stable[key]);
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var random = new Random(reader);
            var matches = new VectorMatch[1];
            while (!done.IsCancellationRequested)
            {
                int key = random.Next(StableCount);
                Assert.True(index.TryFind(1, stable[key], 0.99f, out VectorMatch match), $"key {key} was not found.");
                Assert.Equal((UInt128)(uint)key, match.Key);
                Assert.Equal(1, index.Find(1, stable[key], matches, 0.99f));
                Assert.Equal((UInt128)(uint)key, matches[0].Key);
                Assert.False(index.TryFind(2, stable[key], 0.99f, out _));
            }
        }))];
        var writer = new Random(9);
        for (int round = 0; round < 2; round++)
        {
            for (int key = StableCount; key < ChurnCount; key++)
            {
                index.Add(1, (UInt128)(uint)key, VectorOf(key));
                int moved = writer.Next(StableCount);
                index.Add(1, (UInt128)(uint)moved, stable[moved]);
                index.Add(2, (UInt128)(uint)key, VectorOf(key + 1_000_000));
            }
            for (int key = StableCount; key < ChurnCount; key++)
                index.Remove(1, (UInt128)(uint)key);
            index.RemoveNamespace(2);
        }
        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(StableCount, index.Count);
    }

    // Goal: while the disk takes its time, searches go on, and writes too, even those that make the file grow. Method: a flush that does not end before they are through.
    [Fact]
    public async Task A_slow_flush_keeps_neither_a_search_nor_a_growing_write_waiting()
    {
        const int Count = 500;
        using var begun = new ManualResetEventSlim();
        using var through = new ManualResetEventSlim();
        bool slow = false;
        using var index = VectorIndex.Open(TestVectors.TempPath(), Options with
        {
            FlushInterval = TimeSpan.FromDays(1),
            FlushFault = () =>
            {
                if (!Volatile.Read(ref slow))
                    return;
                begun.Set();
                through.Wait(TimeSpan.FromMinutes(1));
            },
        });
        index.Add(1, 0, VectorOf(0));
        Volatile.Write(ref slow, true);
        Task flush = Task.Run(index.Flush);
        Assert.True(begun.Wait(TimeSpan.FromMinutes(1)));
        long before = index.GetStatistics().FileSize;
        for (int key = 0; key < Count; key++)
        {
            Assert.True(index.Add(1, (UInt128)(uint)key, VectorOf(key)));
            Assert.True(index.TryFind(1, VectorOf(key), 0.99f, out VectorMatch match));
            Assert.Equal((UInt128)(uint)key, match.Key);
        }
        Assert.True(index.GetStatistics().FileSize > before);
        Assert.False(flush.IsCompleted);
        Volatile.Write(ref slow, false);
        through.Set();
        await flush;
    }

    [Fact]
    public async Task Closing_waits_for_searches_and_refuses_later_ones()
    {
        for (int round = 0; round < 20; round++)
        {
            var index = VectorIndex.Open(TestVectors.TempPath(), Options);
            for (int key = 0; key < 100; key++)
                index.Add(1, (UInt128)(uint)key, VectorOf(key));
            float[] query = VectorOf(7);
            Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                while (true)
                    Assert.True(index.TryFind(1, query, 0.99f, out VectorMatch _));
            }))];
            await Task.Delay(2);
            index.Dispose();
            foreach (Task reader in readers)
                await Assert.ThrowsAsync<ObjectDisposedException>(() => reader);
        }
    }
}
