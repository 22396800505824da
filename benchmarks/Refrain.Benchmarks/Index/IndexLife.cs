using System.Diagnostics;
using System.Numerics.Tensors;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>What becomes of an index over time: vectors replaced, readers beside a writer, the file opened again.</summary>
/// <param name="run">Takes the rows.</param>
/// <param name="variant">Name of the vectors.</param>
/// <param name="vectors">What is stored.</param>
/// <param name="basePath">Where files go.</param>
internal sealed class IndexLife(SuiteRun run, string variant, VectorSet vectors, string basePath)
{
    private const float Similarity = 0.95f;
    private const int QueryCount = 1000;
    private const int TurnoverCount = 3;

    private readonly VectorIndexOptions _options = new() { Dimensions = vectors.Dimensions, Seed = 1 };
    private readonly string _path = basePath + ".life";

    public void Measure(CancellationToken cancellation)
    {
        foreach (string left in new[] { _path, _path + ".copy" })
            File.Delete(left);
        var about = new IndexQueries(vectors, null);
        VectorSet queries = about.Planted(QueryCount, i => 0.5 + (0.45 * i / QueryCount), 9);
        float[] truth = about.Truth(queries);
        using (VectorIndex index = VectorIndex.Open(_path, _options))
        {
            double fresh = Fill(index, cancellation);
            run.Add(variant, "inserts, linked", fresh, "1/s");
            AddRecall("fresh", index, queries, truth);
            Churn(index, fresh, cancellation);
            AddRecall($"after {TurnoverCount} turnovers", index, queries, truth);
            Readers(index, cancellation);
            index.Flush();
            run.Add(variant, "bytes of the file a vector", (double)index.GetStatistics().FileSize / vectors.Count, "B");
            run.Add(variant, "bytes in memory a vector", (double)index.GetStatistics().MemorySize / vectors.Count, "B");
            // The file as a kill leaves it: not closed.
            File.Copy(_path, _path + ".copy");
        }

        Open(_path, "closed in order");
        Open(_path + ".copy", "not closed");
    }

    private double Fill(VectorIndex index, CancellationToken cancellation)
    {
        run.Say($"{variant}: filling");
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < vectors.Count; i++)
            index.Add(1, (UInt128)(uint)i, vectors[i]);
        AwaitLinks(index, cancellation);
        return vectors.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Half of the vectors are removed and added again, twice a turnover.</summary>
    private void Churn(VectorIndex index, double fresh, CancellationToken cancellation)
    {
        double removing = 0, adding = 0;
        int moved = 0;
        for (int half = 0; half < 2 * TurnoverCount; half++)
        {
            run.Say($"{variant}: half {half + 1} of {2 * TurnoverCount} is replaced");
            long start = Stopwatch.GetTimestamp();
            for (int i = half % 2; i < vectors.Count; i += 2, moved++)
                index.Remove(1, (UInt128)(uint)i);
            removing += Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            for (int i = half % 2; i < vectors.Count; i += 2)
                index.Add(1, (UInt128)(uint)i, vectors[i]);
            AwaitLinks(index, cancellation);
            adding += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        run.Add(variant, "removals", moved / removing, "1/s");
        run.Add(variant, "inserts after removals, linked", moved / adding, "1/s", "ours, fresh", moved / adding / fresh);
    }

    private void AddRecall(string when, VectorIndex index, VectorSet queries, float[] truth)
    {
        var match = new VectorMatch[1];
        foreach (int effort in new[] { 64, 128, 256 })
        {
            int right = 0;
            for (int i = 0; i < queries.Count; i++)
                if (index.Find(1, queries[i], match, efSearch: effort) == 1 && TensorPrimitives.Dot(queries[i], vectors[(int)match[0].Key]) >= truth[i] - 1e-5f)
                    right++;
            run.Add($"{variant} {when}", $"recall at ef {effort}", (double)right / queries.Count, "");
        }

        int self = 0;
        for (int i = 0; i < vectors.Count; i += Math.Max(1, vectors.Count / 5000))
            self += index.TryFind(1, vectors[i], 0.9999f, out _) ? 0 : 1;
        run.Add($"{variant} {when}", "vectors not found by themselves", self, "");
    }

    /// <summary>A reader while nobody writes, and while one writer replaces vectors as fast as it can.</summary>
    private void Readers(VectorIndex index, CancellationToken cancellation)
    {
        run.Say($"{variant}: readers beside a writer");
        double idle = ReadFor(index, "alone", cancellation);
        using var stop = new CancellationTokenSource();
        long written = 0;
        var writer = new Thread(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i = (i + 2) % vectors.Count, written++)
                index.Add(1, (UInt128)(uint)i, vectors[i]);
        });
        long start = Stopwatch.GetTimestamp();
        writer.Start();
        double busy = ReadFor(index, "beside a writer", cancellation);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        stop.Cancel();
        writer.Join();
        AwaitLinks(index, cancellation);
        run.Add($"{variant} beside a writer", "replaced", written / seconds, "1/s");
        run.Add($"{variant} beside a writer", "p99 by that alone", busy / idle, "×");
    }

    private double ReadFor(VectorIndex index, string name, CancellationToken cancellation)
    {
        const int Count = 100_000;
        VectorSet queries = new IndexQueries(vectors, null).Planted(QueryCount, i => i % 2 == 0 ? 0.97 : 0.8, 11);
        var times = new double[Count];
        int lost = 0, wrong = 0;
        for (int i = 0; i < Count; i++)
        {
            int q = i % QueryCount;
            long began = Stopwatch.GetTimestamp();
            bool found = index.TryFind(1, queries[q], Similarity, out VectorMatch match);
            times[i] = Interleaved.MicrosecondsSince(began);
            lost += q % 2 == 0 && !found ? 1 : 0;
            wrong += found && TensorPrimitives.Dot(queries[q], vectors[(int)match.Key]) < Similarity - 2e-4f ? 1 : 0;
            if (q == 0)
                cancellation.ThrowIfCancellationRequested();
        }

        double p99 = Interleaved.Percentile(times, 0.99);
        run.Add($"{variant} {name}", "p50", Interleaved.Percentile(times, 0.5), "µs");
        run.Add($"{variant} {name}", "p99", p99, "µs");
        run.Add($"{variant} {name}", "lost", lost, "");
        run.Add($"{variant} {name}", "wrong", wrong, "");
        return p99;
    }

    private void Open(string path, string state)
    {
        long start = Stopwatch.GetTimestamp();
        using VectorIndex index = VectorIndex.Open(path, _options);
        double opened = Stopwatch.GetElapsedTime(start).TotalSeconds;
        bool found = index.TryFind(1, vectors[0], 0.999f, out _);
        run.Add($"{variant} {state}: {index.Recovery.Kind}", "open and answering after", opened, "s");
        run.Add($"{variant} {state}: {index.Recovery.Kind}", "vectors", index.Count, "");
        run.Add($"{variant} {state}: {index.Recovery.Kind}", "found", found ? 1 : 0, "");
    }

    private static void AwaitLinks(VectorIndex index, CancellationToken cancellation)
    {
        while (index.GetStatistics().UnlinkedCount > 0)
            cancellation.WaitHandle.WaitOne(10);
    }
}
