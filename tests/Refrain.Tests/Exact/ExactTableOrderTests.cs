using System.Collections.Concurrent;
using CsCheck;

namespace Refrain.Tests;

/// <summary>What threads see of the table at once is what some order of their steps would have shown them.</summary>
public sealed class ExactTableOrderTests
{
    private const int KeyCount = 4;
    private const long Early = TimeSpan.TicksPerHour;

    private static readonly CacheScope Scope = CacheScope.Create("tenant");
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    /// <summary>A key and a number that no other step has.</summary>
    private static readonly Gen<(int Key, int Step)> Step = Gen.Select(Gen.Int[0, KeyCount - 1], Gen.Int);

    // Goal: linearisability of puts, removals, expiry and lookups of both kinds. Method: CsCheck runs random steps on two threads, and looks for an order of them
    // in which every lookup finds what it found and the table ends as it ended.
    [Fact]
    public void Steps_in_parallel_are_steps_in_some_order() => Gen.Const(static () => new Seen()).SampleParallel(
        Step.Operation<Seen>(static (seen, step) => seen.Table.Put(Entry(step.Key, step.Step))),
        Step.Operation<Seen>(static (seen, step) => seen.Table.Remove(Entry(step.Key, 0).Key)),
        Step.Operation<Seen>(static (seen, step) => seen.Table.DropEnded(2 * Early)),
        Step.Operation<Seen>(static (seen, step) => seen.Note(step.Step, seen.Table.Find(Entry(step.Key, 0).Key))),
        Step.Operation<Seen>(static (seen, step) => seen.Note(step.Step, Sampled(seen.Table, step.Key))),
        equal: static (x, y) => x.Table.Bytes == y.Table.Bytes && x.Table.Count == y.Table.Count && x.Found.OrderBy(static pair => pair.Key).SequenceEqual(y.Found.OrderBy(static pair => pair.Key))
            && Enumerable.Range(0, KeyCount).All(key => VersionOf(x.Table.Find(Entry(key, 0).Key)) == VersionOf(y.Table.Find(Entry(key, 0).Key))),
        print: static seen => $"{seen.Table.Count} entries, found {string.Join(", ", seen.Found)}",
        threads: 2,
        iter: 100);

    // Goal: nobody who has seen a new answer is given the one before. Method: a writer replaces a long text's answer; a reader looks by its key, then by its samples.
    [Fact]
    public async Task Who_has_seen_an_answer_by_its_key_is_given_no_older_one_by_its_samples()
    {
        var table = new ExactTable(long.MaxValue);
        CacheEntry[] versions = [.. Enumerable.Range(0, 20_000).Select(static version => Entry(3, version))];
        string text = CanonicalForm.ToText(versions[0].Text);
        table.Put(versions[0]);
        Task writing = Task.Run(() => Array.ForEach(versions, table.Put), TestContext.Current.CancellationToken);
        while (!writing.IsCompleted)
        {
            int seen = VersionOf(table.Find(versions[0].Key));
            if (table.FindSampled(versions[0].Key.Scope, Scope, text) is { } sampled)
                Assert.InRange(VersionOf(sampled), seen, int.MaxValue);
        }

        await writing;
    }

    /// <summary>Longer texts are filed by their samples as well, and looked up there first, as the cache does.</summary>
    private static CacheEntry? Sampled(ExactTable table, int key)
    {
        CacheEntry entry = Entry(key, 0);
        string text = CanonicalForm.ToText(entry.Text);
        return (SampleIndex.Takes(text.Length) ? table.FindSampled(entry.Key.Scope, Scope, text) : null) ?? table.Find(entry.Key, Scope, entry.Text);
    }

    private static int VersionOf(CacheEntry? entry) => entry is null ? -1 : BitConverter.ToInt32(entry.Payload);

    /// <summary>Every other key is a long text, and every other pair of keys ends early.</summary>
    private static CacheEntry Entry(int key, int version)
    {
        byte[] text = Caches.Bytes(key % 2 == 0 ? $"{key}" : $"{key}".PadRight(400, '.'));
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(Scope, text, 7),
            Scope = Scope,
            Text = text,
            Payload = BitConverter.GetBytes(version),
            CreatedTicks = 0,
            ExpiresTicks = key < KeyCount / 2 ? Early : long.MaxValue,
            Cost = 0,
            Epochs = [],
            Clock = Clock,
        };
    }

    private sealed class Seen
    {
        internal ExactTable Table { get; } = new(long.MaxValue);

        internal ConcurrentDictionary<int, int> Found { get; } = new();

        internal void Note(int step, CacheEntry? entry) => Found[step] = VersionOf(entry);
    }
}
