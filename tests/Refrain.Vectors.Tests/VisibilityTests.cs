namespace Refrain.Vectors.Tests;

/// <summary>A search sees the index as it was at one moment: all of each write, or nothing of it.</summary>
public sealed class VisibilityTests
{
    private const int Dimensions = 64;

    private static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 64, Seed = 3 };

    private static UInt128 Key(int key) => (UInt128)(uint)key;

    // Goal: what moves from key to key is never missed and never seen twice over. Method: the writer adds key i + 1 and then removes key i, all at one place; so any moment holds
    // one key or two consecutive ones, and the writer's counts before and after a search bound which.
    [Theory]
    [InlineData(0)]
    [InlineData(1500)]
    [InlineData(4500)]
    public async Task A_search_sees_one_moment_between_its_beginning_and_its_end(int othersCount)
    {
        const int StepCount = 1500;
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using var index = VectorIndex.Create(Options);
        for (int i = 0; i < othersCount; i++)
            index.Add(1, Key(1_000_000 + i), TestVectors.Unit(random, Dimensions));
        float[] vector = TestVectors.Unit(random, Dimensions);
        index.Add(1, 0, vector);
        int beginning = 0, removed = -1;
        bool stopped = false;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var matches = new VectorMatch[3];
            for (int search = 0; !Volatile.Read(ref stopped); search++)
            {
                int from = Volatile.Read(ref removed);
                int count = search % 2 == 0 ? index.Find(1, vector, matches, 0.99f) : index.TryFind(1, vector, 0.99f, out matches[0]) ? 1 : 0;
                int to = Volatile.Read(ref beginning);
                int[] seen = [.. matches.Take(count).Select(match => (int)match.Key).Order()];
                string what = $"seed {seed}, others {othersCount}: [{string.Join(", ", seen)}] seen while keys {from} (gone) to {to} moved.";
                Assert.True(count is 1 or 2, what);
                Assert.True(seen[0] > from && seen[^1] <= to && seen[^1] - seen[0] == count - 1, what);
            }
        }))];
        for (int step = 0; step < StepCount && !Array.Exists(readers, reader => reader.IsFaulted); step++)
        {
            Volatile.Write(ref beginning, step + 1);
            index.Add(1, Key(step + 1), vector);
            index.Remove(1, Key(step));
            Volatile.Write(ref removed, step);
        }
        Volatile.Write(ref stopped, true);
        await Task.WhenAll(readers);
    }

    // Goal: as above, for keys that are replaced and for a namespace that is removed. Method: keys come in order, so any moment holds the first so many, each once.
    [Fact]
    public async Task A_namespace_goes_at_once_and_a_replaced_key_is_seen_once()
    {
        const int KeyCount = 12, RoundCount = 300;
        int seed = Environment.TickCount;
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(new Random(seed), Dimensions);
        bool stopped = false;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var matches = new VectorMatch[KeyCount + 4];
            while (!Volatile.Read(ref stopped))
            {
                int count = index.Find(1, vector, matches, 0.99f);
                Assert.Equal(Enumerable.Range(0, count), matches.Take(count).Select(match => (int)match.Key).Order());
            }
        }))];
        for (int round = 0; round < RoundCount && !Array.Exists(readers, reader => reader.IsFaulted); round++)
        {
            for (int key = 0; key < KeyCount; key++)
            {
                index.Add(1, Key(key), vector);
                index.Add(1, Key(key / 2), vector);
            }
            Assert.Equal(KeyCount, index.RemoveNamespace(1));
        }
        Volatile.Write(ref stopped, true);
        await Task.WhenAll(readers);
    }

    [Fact]
    public void What_is_removed_under_a_search_waits_for_its_end_and_takes_no_room_afterwards()
    {
        var layout = new RecordLayout(Dimensions, 64);
        var rotation = new Rotation(Dimensions, 3);
        var arena = new Arena(layout, null);
        var contexts = new ContextPool(() => new SearchContext(rotation, layout));
        var writer = new Writer(arena, rotation, contexts, 1000);
        SearchContext own = contexts.Rent(toSearch: false);
        own.Prepare(TestVectors.Unit(new Random(1), Dimensions));
        lock (writer.Writing)
        {
            writer.Add(own, 1, 42, long.MaxValue);
            Assert.True(writer.TryFind(1, 42, out uint slot));
            // A search has begun, and has not yet asked what it sees: all must be kept for it.
            SearchContext search = contexts.Rent(toSearch: true);
            writer.Remove(1, 42);
            Assert.False(writer.TryFind(1, 42, out _));
            Assert.False(writer.Reclaim(arena.Committed));
            Assert.True(IsHeld(slot));
            // It sees what was there before the removal; one that begins now does not need it.
            search.Snapshot = arena.Committed - 1;
            Assert.False(writer.Reclaim(arena.Committed));
            search.Snapshot = arena.Committed;
            Assert.True(writer.Reclaim(arena.Committed));
            Assert.False(IsHeld(slot));
            search.Return();
        }
        arena.Dispose();

        unsafe bool IsHeld(uint slot) => ((RecordHeader*)arena.Record(slot))->Version != 0;
    }
}
