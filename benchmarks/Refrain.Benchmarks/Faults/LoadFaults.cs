using System.Diagnostics;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>Rows 14 to 16: growth under readers, graphs whose links lead anywhere, and a disk that takes its time.</summary>
internal static class LoadFaults
{
    private const int ReaderCount = 8;

    public static void Growth(FaultRun run, TimeSpan duration)
    {
        long wrong = 0, searches = 0;
        int growths = 0;
        // Extents are so small here that the system runs out of maps after some minutes: now and then another index takes over.
        var whole = Stopwatch.StartNew();
        while (whole.Elapsed < duration)
        {
            TimeSpan left = duration - whole.Elapsed;
            growths += GrowOne(run, left < TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1), ref wrong, ref searches);
            run.Progress("14 growth under readers", (int)whole.Elapsed.TotalSeconds, (int)duration.TotalSeconds);
        }

        run.Report("14 growth under readers", growths, (int)Math.Min(wrong, int.MaxValue), ("seconds", duration.TotalSeconds), ("searches", searches));
    }

    private static int GrowOne(FaultRun run, TimeSpan duration, ref long wrong, ref long searches)
    {
        const int StableCount = 100;
        File.Delete(run.Path);
        // An extent of 16 slots every 10 ms.
        VectorIndexOptions options = ArenaTruth.Options with { ExtentSlotCount = 16, FlushInterval = TimeSpan.FromMilliseconds(200) };
        using var index = VectorIndex.Open(run.Path, options);
        float[][] stable = [.. Enumerable.Range(0, StableCount).Select(key => ArenaTruth.VectorOf(key, 0))];
        ArenaTruth.Fill(index, StableCount);
        int growths = 0, next = StableCount;
        bool stopped = false;
        var counts = new (long Searches, long Wrong)[ReaderCount];
        Thread[] readers = [.. Enumerable.Range(0, ReaderCount).Select(reader => new Thread(() => counts[reader] = Read(index, stable, reader, ref stopped)))];
        Array.ForEach(readers, reader => reader.Start());
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < duration; growths++)
        {
            for (long size = index.GetStatistics().FileSize; index.GetStatistics().FileSize == size; next++)
                index.Add(1, (UInt128)(uint)next, ArenaTruth.VectorOf(next, 0));
            // What is always there moves all the time.
            index.Add(1, (UInt128)(uint)(growths % StableCount), stable[growths % StableCount]);
            run.Wait(10);
            run.ThrowIfStopped();
        }

        Volatile.Write(ref stopped, true);
        Array.ForEach(readers, reader => reader.Join());
        wrong += counts.Sum(count => count.Wrong);
        searches += counts.Sum(count => count.Searches);
        return growths;
    }

    private static (long Searches, long Wrong) Read(VectorIndex index, float[][] stable, int seed, ref bool stopped)
    {
        long searches = 0, wrong = 0;
        var random = new Random(seed);
        var matches = new VectorMatch[1];
        for (; !Volatile.Read(ref stopped); searches++)
        {
            int key = random.Next(stable.Length);
            bool found = index.TryFind(1, stable[key], 0.99f, out VectorMatch match) && match.Key == (UInt128)(uint)key
                && index.Find(1, stable[key], matches, 0.99f) == 1 && matches[0].Key == (UInt128)(uint)key;
            wrong += found ? 0 : 1;
        }

        return (searches, wrong);
    }

    public static void Links(FaultRun run)
    {
        const string Row = "15 links that lead anywhere";
        const int Count = 5000;
        byte[] whole = ArenaTruth.Filled(run.Path, Count);
        var layout = new RecordLayout(ArenaTruth.Dimensions, 256);
        long loads = 0, wanted = run.Of(10_000_000);
        int wrong = 0, rounds = 0;
        for (; loads < wanted; rounds++)
        {
            run.ThrowIfStopped();
            byte[] bytes = [.. whole];
            for (int slot = 0; slot < Count; slot++)
                for (int link = 0; link < RecordLayout.LinkCount; link++)
                {
                    uint wild = run.Random.Next(rounds % 2 == 0 ? 4 : 3) switch { 0 => uint.MaxValue, 1 => (uint)run.Random.Next(), 2 => (uint)run.Random.Next(Count + 2), _ => 0 };
                    long at = ArenaFile.HeadSize + slot / 256 * layout.ExtentSize + slot % 256 * (long)layout.Stride + layout.LinksOffset + link * sizeof(uint);
                    BitConverter.TryWriteBytes(bytes.AsSpan((int)at), wild);
                }

            File.WriteAllBytes(run.Path, bytes);
            using var index = VectorIndex.Open(run.Path, ArenaTruth.Options);
            // Until the graph is taken for whole; then it is searched, torn apart and grown.
            while (index.GetStatistics().UnlinkedCount > 0)
                run.Wait(1);
            var matches = new VectorMatch[5];
            for (int i = 0; i < Count; i += 3)
            {
                index.Find(1, ArenaTruth.VectorOf(i, 0), matches);
                loads += index.Remove(1, (UInt128)(uint)(i * 7 % Count)) ? 64 : 32;
                index.Add(1, (UInt128)(uint)(Count + i), ArenaTruth.VectorOf(Count + i, 0));
            }

            loads += index.GetStatistics().SketchCount;
            wrong += ArenaTruth.WrongIn(index);
        }

        run.Report(Row, rounds, wrong, ("links and sketches followed", loads));
    }

    /// <summary>256 MiB are made dirty and flushed, again and again, while one thread looks things up.</summary>
    public static void SlowFlush(FaultRun run)
    {
        const string Row = "16 a slow flush";
        const int Dimensions = 1024, SearchCount = 200;
        File.Delete(run.Path);
        int count = run.Full ? 155_000 : 15_000;
        using var index = VectorIndex.Open(run.Path, new VectorIndexOptions { Dimensions = Dimensions, FlushInterval = TimeSpan.FromDays(1) });
        VectorSet vectors = new EmbeddingMimic(Dimensions, 0.1, 5).Clusters(4000);
        for (int key = 0; key < count; key++)
            index.Add((UInt128)(uint)(key / 4000), (UInt128)(uint)key, vectors[key % vectors.Count]);
        bool stopped = false;
        int flushes = 0;
        double flushed = 0;
        var flusher = new Thread(() =>
        {
            for (int round = 0; round < 3 || !Volatile.Read(ref stopped); round++)
            {
                for (int key = 0; key < count; key++)
                    index.Add((UInt128)(uint)(key / 4000), (UInt128)(uint)key, vectors[key % vectors.Count]);
                long begin = Stopwatch.GetTimestamp();
                index.Flush();
                flushed += Stopwatch.GetElapsedTime(begin).TotalSeconds;
                flushes++;
                if (round == 2)
                    Volatile.Write(ref stopped, true);
            }
        });
        flusher.Start();
        var times = new List<double>();
        int wrong = 0;
        for (int i = 0; !Volatile.Read(ref stopped); i++)
        {
            int key = i % SearchCount;
            long begin = Stopwatch.GetTimestamp();
            wrong += index.TryFind(0, vectors[key], 0.95f, out _) ? 0 : 1;
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        flusher.Join();
        times.Sort();
        run.Report(Row, times.Count, wrong, ("flushes", flushes), ("seconds of flushing", flushed), ("MiB written each", count * 1728.0 / (1 << 20)),
            ("hit p50, ms", times[times.Count / 2]), ("hit p99.9, ms", times[(int)(times.Count * 0.999)]), ("hit max, ms", times[^1]));
    }
}
