using System.Diagnostics;
using System.Numerics.Tensors;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>The vector index on vectors that resemble text embeddings, beside hnswlib on the same vectors in turns.</summary>
internal sealed class IndexSuite : ISuite
{
    private static readonly int[] Efforts = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512];

    public string Name => "index";

    public string Summary => "The vector index: found, latencies, inserts; beside hnswlib with --peers.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--n", "NUMBER", "Vectors. Default: 100,000; 10,000 with --quick."),
        new("--dims", "NUMBER", "Numbers in a vector. Default: 1,024; 256 with --quick."),
        new("--variant", "NAME", "plain, shifted, dense, template or all. Default: all; plain with --quick."),
        new("--queries-each", "NUMBER", "Queries of each kind. Default: 2,000; 500 with --quick."),
        new("--tau", "PERCENT", "Only this threshold, such as 95. Default: 95, 90 and 85."),
        new("--rounds", "NUMBER", "Times each query is asked; the fastest counts. Default: 5; 3 with --quick."),
        new("--peers", null, "Also hnswlib, built by benchmarks/peers/build.sh."),
        new("--vectors", "FILE", "Your vectors instead: .npy, .fvecs, or raw .f32 and .f16 with --dims."),
        new("--queries", "FILE", "Your queries, asked for their nearest vector."),
    ];

    public Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        int count = run.Number("--n", run.Quick ? 10_000 : 100_000);
        int dimensions = run.Number("--dims", run.Quick ? 256 : 1024);
        if (run.Text("--vectors") is { } path)
        {
            VectorSet own = VectorFile.Read(path, dimensions, count);
            VectorSet? queries = run.Text("--queries") is { } queriesPath ? VectorFile.Read(queriesPath, own.Dimensions, int.MaxValue) : null;
            Measure(run, Path.GetFileName(path), own, new EmbeddingMimic(own.Dimensions, 0, 3), queries, cancellation);
            return Task.FromResult(0);
        }

        string wanted = run.Text("--variant") ?? (run.Quick ? "plain" : "all");
        foreach (string variant in wanted == "all" ? ["plain", "shifted", "dense", "template"] : new[] { wanted })
        {
            var mimic = new EmbeddingMimic(dimensions, variant == "shifted" ? 0.7 : 0.02, 1);
            run.Say($"{variant}: making {count:N0} vectors of {dimensions} numbers");
            VectorSet vectors = variant switch
            {
                "plain" or "shifted" => mimic.Clusters(count),
                "dense" => mimic.Dense(count),
                "template" => mimic.Templates(count),
                _ => throw new UsageException($"There is no variant '{variant}'."),
            };
            Measure(run, variant, vectors, mimic, null, cancellation);
        }

        return Task.FromResult(0);
    }

    private static void Measure(SuiteRun run, string variant, VectorSet vectors, EmbeddingMimic mimic, VectorSet? queries, CancellationToken cancellation)
    {
        using VectorIndex index = VectorIndex.Create(new VectorIndexOptions { Dimensions = vectors.Dimensions, Seed = 1 });
        Insert(run, variant, index, vectors, cancellation);
        using Contest contest = Contest.Begin(run, variant, index, vectors);
        int count = run.Number("--queries-each", run.Quick ? 500 : 2000);
        float[] thresholds = run.Text("--tau") is null ? [0.95f, 0.90f, 0.85f] : [run.Number("--tau", 95) / 100f];
        foreach (float tau in thresholds)
        {
            cancellation.ThrowIfCancellationRequested();
            VectorSet hits = Planted(vectors, mimic, count, i => tau + 0.01 + ((0.999 - tau - 0.01) * i / count));
            VectorSet edges = Planted(vectors, mimic, count, _ => tau);
            VectorSet misses = Misses(vectors, mimic, count, tau);
            contest.Threshold(tau, hits, edges, misses, Efforts);
        }

        contest.Nearest("hits", Planted(vectors, mimic, count, i => 0.96 + (0.039 * i / count)), Efforts);
        contest.Nearest("misses", Misses(vectors, mimic, count, 0.95f), Efforts);
        if (queries is not null)
            contest.Nearest("queries", queries, Efforts);
    }

    private static void Insert(SuiteRun run, string variant, VectorIndex index, VectorSet vectors, CancellationToken cancellation)
    {
        var times = new double[vectors.Count];
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < vectors.Count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            index.Add(1, (UInt128)(uint)i, vectors[i]);
            times[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            if (i % 4096 == 0)
                cancellation.ThrowIfCancellationRequested();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        while (index.GetStatistics().UnlinkedCount > 0)
            cancellation.WaitHandle.WaitOne(10);
        double linkedSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        run.Add(variant, "inserts, linked", vectors.Count / linkedSeconds, "1/s");
        run.Add(variant, "inserts, seen by the next search", vectors.Count / seconds, "1/s");
        run.Add(variant, "insert p50", Interleaved.Percentile(times, 0.5), "µs");
        run.Add(variant, "insert p99", Interleaved.Percentile(times, 0.99), "µs");
        VectorIndexStatistics statistics = index.GetStatistics();
        run.Add(variant, "memory a vector", (double)statistics.MemorySize / vectors.Count, "B");
        run.Add(variant, "m²", statistics.MeanSquare, "");
    }

    /// <summary>Queries at a known cosine to a stored vector.</summary>
    private static VectorSet Planted(VectorSet vectors, EmbeddingMimic mimic, int count, Func<int, double> similarity)
    {
        VectorSet queries = mimic.New(count);
        var random = new Random(5);
        for (int i = 0; i < count; i++)
            mimic.At(vectors[random.Next(vectors.Count)], similarity(i), queries.Writable(i));
        return queries;
    }

    /// <summary>Queries at .5 to .9 of a stored vector, none within the angle: those that happen to be are drawn again.</summary>
    private static VectorSet Misses(VectorSet vectors, EmbeddingMimic mimic, int count, float tau)
    {
        VectorSet queries = mimic.New(count);
        var random = new Random(6);
        for (int i = 0; i < count; i++)
            do
                mimic.At(vectors[random.Next(vectors.Count)], 0.5 + ((Math.Min(0.9, tau - 0.03) - 0.5) * random.NextDouble()), queries.Writable(i));
            while (HasWithin(vectors, queries[i], tau));
        return queries;
    }

    private static bool HasWithin(VectorSet vectors, ReadOnlySpan<float> query, float tau)
    {
        for (int i = 0; i < vectors.Count; i++)
            if (TensorPrimitives.Dot(query, vectors[i]) >= tau)
                return true;
        return false;
    }
}
