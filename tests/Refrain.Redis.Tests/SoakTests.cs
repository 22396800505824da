using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Refrain.Redis.Tests;

/// <summary>
/// Many processes over one Redis that is killed, hung and emptied while they are killed and started, against an oracle. With REFRAIN_SOAK_SECONDS it runs that long, with ten
/// processes, and nothing may be stale for longer than two seconds; the everyday run is short and leaves a busy machine more.
/// </summary>
public sealed class SoakTests
{
    private static readonly string? Seconds = Environment.GetEnvironmentVariable("REFRAIN_SOAK_SECONDS");

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Processes_that_are_killed_over_a_redis_that_is_killed_answer_nothing_wrong_nothing_stale_and_in_the_end_alike()
    {
        int count = Seconds is null ? 4 : 10;
        TimeSpan length = TimeSpan.FromSeconds(Seconds is null ? 8 : int.Parse(Seconds, CultureInfo.InvariantCulture));
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        await using RedisServer server = await RedisFixture.ServerAsync();
        string prefix = RedisFixture.OptionsFor(server.Endpoint).KeyPrefix;
        var oracle = new Oracle();
        List<ChildProcess> children = [];
        List<Task> listening = [];
        for (int number = 0; number < count; number++) Add();
        using var stop = new CancellationTokenSource();
        var watching = Task.Factory.StartNew(() => Watch(oracle, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        int kills = 0;
        int outages = 0;
        long start = Stopwatch.GetTimestamp();

        // On a busy machine the processes may hardly have begun by then.
        while (Stopwatch.GetElapsedTime(start) < length || (!oracle.HasSeenEnough && Stopwatch.GetElapsedTime(start) < LongestWait))
        {
            await Task.Delay(random.Next(1_500, 2_500), Cancellation);
            int victim = random.Next(children.Count);
            oracle.Note($"process {children[victim].Id} killed");
            children[victim].Kill();
            children.RemoveAt(victim);
            Add();
            kills++;

            // What the dead one had done, the others have heard: so no invalidation is known to nobody when Redis loses everything.
            await Task.Delay(random.Next(1_500, 2_500), Cancellation);
            await HarmAsync(server, oracle, outages++ % 3, random);
        }

        foreach (ChildProcess child in children) await child.TellAsync("stop");
        await RedisFixture.WaitUntilAsync(async () =>
        {
            oracle.Holdings.Clear();
            foreach (ChildProcess child in children) await child.TellAsync("say");
            await RedisFixture.WaitUntilAsync(() => oracle.Holdings.Count >= children.Count);
            return oracle.Holdings.Distinct().Count() == 1;
        }, () => string.Join('\n', oracle.Holdings.Distinct()));

        foreach (ChildProcess child in children) child.Dispose();
        await Task.WhenAll(listening);
        await stop.CancelAsync();
        await watching;
        (int gets, int wrong, int stale, double stalest, string? first) = oracle.Judge(TimeSpan.FromSeconds(Seconds is null ? 15 : 2));
        string summary = $"seed {seed}: {gets} hits, {oracle.SetCount} stored, {oracle.EndCount} removed or outdated, {kills} processes killed, {outages} outages; "
            + $"{wrong} wrong, {stale} stale; the stalest hit {stalest:F3} s after; the machine stood still {oracle.StallCount} times. {first}";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(wrong == 0 && stale == 0, summary);
        Assert.True(oracle.HasSeenEnough, summary);
        if (Seconds is not null) Console.WriteLine(summary);

        void Add()
        {
            ChildProcess child = ChildProcess.Start(SoakChild.Role, server.Endpoint, prefix, $"{seed + (1_000 * children.Count) + listening.Count}");
            children.Add(child);
            listening.Add(Task.Run(async () =>
            {
                while (await child.Output.ReadLineAsync(CancellationToken.None) is { } line) oracle.Hear(line);
            }));
        }
    }

    private static async Task HarmAsync(RedisServer server, Oracle oracle, int kind, Random random)
    {
        long begin = Stopwatch.GetTimestamp();
        switch (kind)
        {
            case 0:
                await server.KillAsync();
                await Task.Delay(random.Next(500), Cancellation);
                await server.StartAgainAsync();
                break;
            case 1:
                await server.StopAsync();
                await Task.Delay(random.Next(500), Cancellation);
                await server.ContinueAsync();
                break;
            default:
                await server.AskAsync("FLUSHALL");
                break;
        }

        oracle.Away(begin, Stopwatch.GetTimestamp());
        oracle.Note(kind switch { 0 => "Redis killed", 1 => "Redis hung", _ => "Redis flushed" });
    }

    /// <summary>While this process does not run for half a second, nobody can be expected to hear anything in time.</summary>
    private static void Watch(Oracle oracle, CancellationToken stop)
    {
        while (true)
        {
            long begin = Stopwatch.GetTimestamp();
            if (stop.WaitHandle.WaitOne(100)) return;
            if (Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(0.5)) oracle.Stalled(begin, Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Knows what was done when, and so what may not be answered any more.</summary>
    private sealed class Oracle
    {
        private readonly ConcurrentDictionary<(int Key, long Begin), long> _sets = new();
        private readonly ConcurrentQueue<(int Key, long Begin, string By, string Answer)> _gets = new();

        // Removals of a key, and invalidations of the tag that a key has.
        private readonly ConcurrentQueue<(Func<int, bool> Concerns, long Begin, long End)> _ends = new();
        private readonly ConcurrentQueue<(long Begin, long End)> _outages = new();
        private readonly ConcurrentQueue<(long At, string What)> _notes = new();
        private int _stallCount;

        public ConcurrentQueue<string> Holdings { get; } = new();

        public int SetCount => _sets.Count;

        public int EndCount => _ends.Count;

        /// <summary>Whether enough has happened for the judgement to mean something.</summary>
        public bool HasSeenEnough => _gets.Count > 100 && EndCount > 5;

        public int StallCount => _stallCount;

        public void Away(long begin, long end) => _outages.Enqueue((begin, end));

        public void Stalled(long begin, long end)
        {
            Interlocked.Increment(ref _stallCount);
            Away(begin, end);
            Note($"the machine stood still for {Stopwatch.GetElapsedTime(begin, end).TotalSeconds:F1} s");
        }

        /// <summary>What happened now, for whoever has to explain a stale hit.</summary>
        public void Note(string what) => _notes.Enqueue((Stopwatch.GetTimestamp(), what));

        public void Hear(string line)
        {
            string[] words = line.Split(' ');
            switch (words)
            {
                case ["S", var key, var begin, var end]:
                    _sets[(int.Parse(key), long.Parse(begin))] = long.Parse(end);
                    break;
                case ["G", var key, var begin, var by, .. var answer]:
                    _gets.Enqueue((int.Parse(key), long.Parse(begin), by, string.Join(' ', answer)));
                    break;
                case ["R", var key, var begin, var end]:
                    int removed = int.Parse(key);
                    _ends.Enqueue((asked => asked == removed, long.Parse(begin), long.Parse(end)));
                    break;
                case ["I", var tag, var begin, var end]:
                    int outdated = int.Parse(tag);
                    _ends.Enqueue((asked => asked % SoakChild.TagCount == outdated, long.Parse(begin), long.Parse(end)));
                    break;
                case ["H", ..]:
                    Holdings.Enqueue(line);
                    break;
                default:
                    // A line that a kill cut off, or the word of a child that is ready.
                    break;
            }
        }

        public (int Gets, int Wrong, int Stale, double StalestSeconds, string? First) Judge(TimeSpan patience)
        {
            var endsOf = Enumerable.Range(0, SoakChild.KeyCount).Select(key => _ends.Where(end => end.Concerns(key)).OrderBy(end => end.End).ToArray()).ToArray();
            int wrong = 0;
            int stale = 0;
            double stalest = 0;
            string? first = null;
            foreach ((int key, long begin, string by, string answer) in _gets)
            {
                if (answer.Split(' ') is not [var of, var at] || of != $"{key}")
                {
                    wrong++;
                    continue;
                }

                // Whose storing was cut off by a kill may have been stored at any time after.
                if (!_sets.TryGetValue((key, long.Parse(at)), out long stored)) continue;
                foreach ((_, long endBegin, long endEnd) in endsOf[key])
                {
                    if (endBegin <= stored || endEnd >= begin) continue;
                    double age = Stopwatch.GetElapsedTime(Due(endEnd), begin).TotalSeconds;
                    stalest = Math.Max(stalest, age);
                    if (age <= patience.TotalSeconds) continue;
                    stale++;
                    first ??= Explain(begin, key, by, stored, endEnd);
                    break;
                }
            }

            return (_gets.Count, wrong, stale, stalest, first);
        }

        private string Explain(long at, int key, string by, long stored, long ended)
        {
            IEnumerable<string> around = _notes.Where(note => Math.Abs(Since(note.At)) < 10).Select(note => $"{Since(note.At):F3} {note.What}");
            return $"\nThe first stale one: key {key} by {by}, stored at {Since(stored):F3}, ended at {Since(ended):F3} s from the hit; {string.Join("; ", around)}";

            double Since(long moment) => (double)(moment - at) / Stopwatch.Frequency;
        }

        /// <summary>From when on others can have heard: while Redis was away they could not.</summary>
        private long Due(long end)
        {
            foreach ((long begin, long back) in _outages)
            {
                if (begin < end + (2 * Stopwatch.Frequency) && back > end) end = Math.Max(end, back);
            }

            return end;
        }
    }
}
