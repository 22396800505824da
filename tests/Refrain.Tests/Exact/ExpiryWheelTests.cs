using CsCheck;

namespace Refrain.Tests;

/// <summary>What has ended is let go, by a table that is told the time, and nothing else is.</summary>
public sealed class ExpiryWheelTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const long Start = 700_000_000 * Second;

    private static readonly CacheScope Scope = CacheScope.Create("tenant");
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    // Goal: at every moment the table holds what a list says. Method: random entries that end within three rounds, random steps of time, replacements and removals.
    [Fact]
    public void A_table_holds_what_has_not_ended_whatever_is_put_replaced_and_removed() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 30], Gen.Int[0, 3 * ExpiryWheel.SlotCount]).List[1, 300].Sample(static steps =>
        {
            var table = new ExactTable(long.MaxValue);
            var model = new Dictionary<int, CacheEntry>();
            long now = Start;
            foreach ((int kind, int number, int seconds) in steps)
            {
                if (kind == 0)
                {
                    now += seconds * Second;
                    table.DropEnded(now);

                    // The second that has begun is looked at when it has passed.
                    foreach (CacheEntry ended in model.Values.Where(entry => entry.ExpiresTicks < now / Second * Second).ToList())
                        model.Remove(BitConverter.ToInt32(ended.Text));
                }
                else if (kind == 1)
                {
                    Assert.Equal(model.Remove(number), table.Remove(Entry(number, now).Key));
                }
                else
                {
                    CacheEntry entry = Entry(number, now + 1 + (seconds * Second));
                    model[number] = entry;
                    table.Put(entry);
                }

                Assert.Equal(model.Count, table.Count);
                Assert.Equal(model.Values.Sum(static entry => (long)entry.Size), table.Bytes);
                Assert.All(model.Values, entry => Assert.Same(entry, table.Find(entry.Key)));
            }
        });

    [Fact]
    public void Many_that_end_together_are_let_go_together()
    {
        var table = new ExactTable(long.MaxValue);
        for (int i = 0; i < 10_000; i++)
            table.Put(Entry(i, Start + ((i & 1) * ExpiryWheel.SlotCount * Second)));
        table.DropEnded(Start + Second);
        Assert.Equal(5_000, table.Count);
        table.DropEnded(Start + ((ExpiryWheel.SlotCount + 1) * Second));
        Assert.Equal((0, 0), (table.Count, table.Bytes));
    }

    [Fact]
    public void What_is_removed_while_a_second_is_looked_through_ends_nothing()
    {
        var wheel = new ExpiryWheel();
        CacheEntry[] entries = [.. Enumerable.Range(0, 4).Select(static i => Entry(i, Start))];
        Array.ForEach(entries, wheel.Add);
        var ended = new List<CacheEntry>();
        Assert.True(wheel.Collect(Start + Second, 1, ended));
        CacheEntry next = ended[0].EndsNext!;
        wheel.Remove(next);
        Assert.False(wheel.Collect(Start + Second, 10, ended));
        Assert.Equal(entries.Where(entry => entry != next).ToHashSet(), ended.ToHashSet());
    }

    private static CacheEntry Entry(int number, long ends)
    {
        byte[] text = BitConverter.GetBytes(number);
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(Scope, text, 7),
            Scope = Scope,
            Text = text,
            Payload = [],
            CreatedTicks = 0,
            ExpiresTicks = ends,
            Cost = 0,
            Epochs = [],
            Clock = Clock,
        };
    }
}
