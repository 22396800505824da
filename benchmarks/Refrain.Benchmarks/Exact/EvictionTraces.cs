using BitFaster.Caching.Lfu;

namespace Refrain.Benchmarks;

/// <summary>What share of requests each policy answers, on made traces and on real prompts, beside LRU, W-TinyLFU and the optimum.</summary>
internal static class EvictionTraces
{
    private const int Seed = 20_251_122;

    private static readonly CacheScope Scope = CacheScope.Create("benchmark");
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    internal static void Run(SuiteRun run)
    {
        int length = run.Quick ? 200_000 : 1_000_000;
        const int Universe = 50_000;
        Compare(run, "zipf 0.9", Zipf(0.9, Universe, length), 2_500);
        Compare(run, "zipf 1.1", Zipf(1.1, Universe, length), 2_500);
        Compare(run, "scans through zipf 0.9", Scans(Zipf(0.9, Universe, length)), 2_500);
        Compare(run, "loop over 1.5 × the room", [.. Enumerable.Range(0, length).Select(static i => i % 3_750)], 2_500);
        Compare(run, "loop over 4 × the room", [.. Enumerable.Range(0, length).Select(static i => i % 10_000)], 2_500);
        foreach (string stream in new[] { "banking77", "clinc150", "hwu64" })
        {
            if (SharedData.Rows(stream, "prompts") is { } rows)
                CompareStream(run, stream, rows);
            else
                run.Say($"eviction: the stream {stream} is not here");
        }

        CompareMoney(run, "zipf 0.9", Zipf(0.9, Universe, length), 2_500);
    }

    private static void Compare(SuiteRun run, string name, int[] trace, int room)
    {
        run.Say($"eviction: {name}");
        double ours = Ours(trace, room, static _ => 0, out _);
        run.Add(name, "hit rate", ours, "share");
        foreach ((string peer, double theirs) in new[]
        {
            ("ConcurrentLfu", Lfu(trace, room, static _ => 0, out _)), ("LRU", Lru(trace, room, static _ => 0, out _)), ("optimum (Bélády)", Optimum(trace, room)),
        })
        {
            // A policy that never hits, as LRU on a loop, has no ratio.
            if (theirs > 0)
                run.Add(name, "hit rate", ours, "share", peer, ours / theirs);
            else
                run.Add($"{name}, {peer}", "hit rate", 0, "share");
        }
    }

    /// <summary>A stream of real prompts, as a cache would see it that takes all prompts of one intent for the same.</summary>
    private static void CompareStream(SuiteRun run, string name, List<Dictionary<string, string>> rows)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] trace = [.. rows.Select(row =>
        {
            numbers.TryAdd(row["group"], numbers.Count);
            return numbers[row["group"]];
        })];
        Compare(run, $"intents of {name}, room for a quarter", trace, Math.Max(8, numbers.Count / 4));
        CompareMoney(run, $"intents of {name}, room for a quarter", trace, Math.Max(8, numbers.Count / 4));
    }

    private static void CompareMoney(SuiteRun run, string name, int[] trace, int room)
    {
        // Costs over three decades, as prices and lengths of answers differ; the same for a key each time.
        static decimal Cost(int key) => (decimal)Math.Pow(10, (new Random(key).NextDouble() * 3) - 4);
        Ours(trace, room, Cost, out double ours);
        Lfu(trace, room, Cost, out double lfu);
        Lru(trace, room, Cost, out double lru);
        run.Add($"{name}, costs over three decades", "money saved", ours, "units", "ConcurrentLfu", ours / lfu);
        run.Add($"{name}, costs over three decades", "money saved", ours, "units", "LRU", ours / lru);
    }

    private static double Ours(int[] trace, int room, Func<int, decimal> cost, out double saved)
    {
        var table = new ExactTable(Entry(0, 0).Size * (long)room);
        int hits = 0;
        saved = 0;
        foreach (int key in trace)
        {
            CacheEntry asked = Entry(key, cost(key));
            if (table.Find(asked.Key, Scope, asked.Text) is null)
            {
                table.Put(asked);
                continue;
            }

            hits++;
            saved += (double)asked.Cost;
        }

        return hits / (double)trace.Length;
    }

    private static double Lfu(int[] trace, int room, Func<int, decimal> cost, out double saved)
    {
        var cache = new ConcurrentLfu<int, int>(1, room, new BitFaster.Caching.Scheduler.ForegroundScheduler(), EqualityComparer<int>.Default);
        int hits = 0;
        saved = 0;
        foreach (int key in trace)
        {
            if (!cache.TryGet(key, out _))
            {
                cache.AddOrUpdate(key, key);
                continue;
            }

            hits++;
            saved += (double)cost(key);
        }

        return hits / (double)trace.Length;
    }

    private static double Lru(int[] trace, int room, Func<int, decimal> cost, out double saved)
    {
        var order = new LinkedList<int>();
        var nodes = new Dictionary<int, LinkedListNode<int>>();
        int hits = 0;
        saved = 0;
        foreach (int key in trace)
        {
            if (nodes.TryGetValue(key, out LinkedListNode<int>? node))
            {
                order.Remove(node);
                order.AddLast(node);
                hits++;
                saved += (double)cost(key);
                continue;
            }

            nodes[key] = order.AddLast(key);
            if (nodes.Count > room)
            {
                nodes.Remove(order.First!.Value);
                order.RemoveFirst();
            }
        }

        return hits / (double)trace.Length;
    }

    /// <summary>Lets go whoever is asked for last; no policy can know that, and none can do better.</summary>
    private static double Optimum(int[] trace, int room)
    {
        int[] next = new int[trace.Length];
        var seen = new Dictionary<int, int>();
        for (int i = trace.Length - 1; i >= 0; i--)
        {
            next[i] = seen.TryGetValue(trace[i], out int later) ? later : int.MaxValue;
            seen[trace[i]] = i;
        }

        var kept = new Dictionary<int, int>();
        var farthest = new PriorityQueue<(int Key, int Next), int>();
        int hits = 0;
        for (int i = 0; i < trace.Length; i++)
        {
            int key = trace[i];
            if (kept.ContainsKey(key))
                hits++;
            kept[key] = next[i];
            farthest.Enqueue((key, next[i]), -next[i]);
            while (kept.Count > room)
            {
                (int candidate, int at) = farthest.Dequeue();
                if (kept.TryGetValue(candidate, out int now) && now == at)
                    kept.Remove(candidate);
            }
        }

        return hits / (double)trace.Length;
    }

    private static int[] Zipf(double exponent, int universe, int length)
    {
        double[] cumulative = new double[universe];
        double sum = 0;
        for (int i = 0; i < universe; i++)
            cumulative[i] = sum += Math.Pow(i + 1, -exponent);
        var random = new Random(Seed);
        return [.. Enumerable.Range(0, length).Select(_ =>
        {
            int at = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            return at < 0 ? Math.Min(~at, universe - 1) : at;
        })];
    }

    /// <summary>Every twenty thousand requests somebody walks through five thousand things that are never asked for again.</summary>
    private static int[] Scans(int[] trace)
    {
        var mixed = new List<int>(trace.Length);
        int stranger = 1_000_000;
        for (int i = 0; i < trace.Length; i++)
        {
            mixed.Add(trace[i]);
            if (i % 20_000 == 0)
                mixed.AddRange(Enumerable.Range(stranger += 5_000, 5_000));
        }

        return [.. mixed];
    }

    private static CacheEntry Entry(int number, decimal cost)
    {
        byte[] text = BitConverter.GetBytes(number);
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(Scope, text, Seed),
            Scope = Scope,
            Text = text,
            Payload = [],
            CreatedTicks = 0,
            ExpiresTicks = long.MaxValue,
            Cost = cost,
            Epochs = [],
            Clock = Clock,
        };
    }
}
