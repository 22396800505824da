namespace Refrain.Vectors.Tests;

/// <summary>Larger tables are filled in the background while searches go on in the old ones.</summary>
public sealed unsafe class TableGrowthTests
{
    private const int Dimensions = 64;

    private readonly Arena _arena;
    private readonly ContextPool _contexts;
    private readonly Writer _writer;
    private readonly Random _random = new(61);

    public TableGrowthTests()
    {
        var layout = new RecordLayout(Dimensions, 512);
        var rotation = new Rotation(Dimensions, 5);
        _arena = new Arena(layout, null);
        _contexts = new ContextPool(() => new SearchContext(rotation, layout));
        _writer = new Writer(_arena, rotation, _contexts, 100_000);
    }

    [Fact]
    public void Outgrown_tables_stay_while_a_search_may_read_them_and_are_given_back_after_it()
    {
        int next = 0;
        Namespace space = AddUntilMoving(ref next);
        Move(space);
        BandTable outgrown = Assert.IsType<BandTable>(space.Bands);
        AddUntilMoving(ref next);
        SearchContext search = _contexts.Rent(toSearch: true);
        search.Snapshot = _arena.Committed;
        Move(space);
        Add(next++);

        Assert.NotSame(outgrown, space.Bands);
        Assert.All(outgrown.Blocks, block => Assert.NotEqual(0, block.Address));
        search.Return();
        _writer.Reclaim();
        Assert.All(outgrown.Blocks, block => Assert.Equal(0, block.Address));
        Assert.All(space.Bands!.Blocks, block => Assert.NotEqual(0, block.Address));
    }

    [Fact]
    public void The_tables_of_a_namespace_that_was_emptied_are_given_back()
    {
        int next = 0;
        Namespace space = AddUntilMoving(ref next);
        Move(space);
        BandTable tables = space.Bands!;
        AddUntilMoving(ref next);
        _writer.RemoveNamespace(1);
        Assert.All(tables.Blocks, block => Assert.Equal(0, block.Address));
        Assert.False(space.IsMoving);
        Assert.Equal(0, space.TableSize);
    }

    // Goal: whatever is added, replaced or removed between the steps of a move, the new tables hold each vector once in every table, and nothing else.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_changes_between_the_steps_of_a_move_is_in_the_new_tables_as_it_is_in_the_old(int seed)
    {
        var random = new Random(seed);
        int next = 0;
        Namespace space = AddUntilMoving(ref next);
        while (next < 5000)
        {
            for (int i = random.Next(20); i > 0; i--)
                Add(next++);
            for (int i = random.Next(12); i > 0; i--)
                _writer.Remove(1, (UInt128)(uint)random.Next(next));
            Add(random.Next(next));
            if (random.Next(3) == 0)
                _writer.MoveTables(space);
            if (next % 61 == 0)
                Check(space);
        }

        Move(space);
        Check(space);
    }

    private void Check(Namespace space)
    {
        if (space.Bands is not { } bands)
            return;
        uint[] live = [.. space.List.Slots.ToArray().Where(slot => slot != SlotList.Removed)];
        Assert.Equal(space.Count, live.Length);
        for (int table = 0; table < bands.TableCount; table++)
        {
            foreach (uint slot in live)
            {
                int times = 0;
                for (BandLine* line = bands.LineOf(table, bands.KeyOf(bands.Sketches.Of(slot), table), out byte tag); line is not null; line = bands.NextOf(line))
                    for (int place = 0; place < BandLine.SlotCount; place++)
                        times += line->Tags[place] == tag && line->Slots[place] == slot ? 1 : 0;
                Assert.Equal(1, times);
            }
        }

        Assert.Equal((long)live.Length * bands.TableCount, EntryCount(bands));
    }

    private static long EntryCount(BandTable bands)
    {
        long count = 0;
        foreach ((nint address, long size) in bands.Blocks)
            for (var line = (BandLine*)address; (byte*)(line + 1) <= (byte*)address + size; line++)
                for (int place = 0; place < BandLine.SlotCount; place++)
                    count += line->Tags[place] == 0 ? 0 : 1;
        return count;
    }

    private void Move(Namespace space)
    {
        while (space.IsMoving)
            _writer.MoveTables(space);
    }

    private Namespace AddUntilMoving(ref int next)
    {
        Namespace? space;
        do
            Add(next++);
        while (!_writer.TryGet(1, out space) || !space.IsMoving);
        return space;
    }

    private void Add(int key)
    {
        SearchContext context = _contexts.Rent(toSearch: false);
        context.Prepare(TestVectors.Unit(_random, Dimensions));
        Assert.True(_writer.Add(context, 1, (UInt128)(uint)key, long.MaxValue));
        context.Return();
    }
}
