using System.Diagnostics;
using Refrain.Embeddings;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>The vector index on vectors that resemble text embeddings, and on real text, beside its peers on the same vectors in turns.</summary>
internal sealed class IndexSuite : ISuite
{
    public string Name => "index";

    public string Summary => "The vector index: found, latencies, inserts, churn, growth; beside others with --peers.";

    public IReadOnlyList<SuiteOption> Options { get; } =
    [
        new("--n", "NUMBER", "Vectors. Default: 100,000; 10,000 with --quick."),
        new("--dims", "NUMBER", "Numbers in a vector. Default: 1,024; 256 with --quick."),
        new("--variant", "NAME", "plain, shifted, dense, template, text or all. Default: all; plain with --quick."),
        new("--queries-each", "NUMBER", "Queries of each kind. Default: 5,000; 500 with --quick."),
        new("--edges", "NUMBER", "Queries at exactly the threshold. Default: 10,000; 500 with --quick."),
        new("--tau", "PERCENT", "Only this threshold, such as 95. Default: 95, 90 and 85."),
        new("--rounds", "NUMBER", "Times each query is asked; the fastest counts. Default: 5; 3 with --quick."),
        new("--peers", null, "Also the peers that benchmarks/peers/build.sh builds."),
        new("--only-peers", "NAMES", "Also these peers, such as hnswlib-f32,hnswlib-int8."),
        new("--keep", "FOLDER", "Keeps vectors, our index and the peers' graphs there, and takes them from there next time."),
        new("--life", null, "Instead: removing, churn, readers beside a writer, opening again."),
        new("--growth", null, "Instead: cost at 1,000 vectors and more, up to --n."),
        new("--plot", "FILE", "With --growth: the medians as an SVG picture."),
        new("--vectors", "FILE", "Your vectors instead: .npy, .fvecs, or raw .f32 and .f16 with --dims."),
        new("--queries", "FILE", "Your queries, asked for their nearest vector."),
    ];

    public Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        int count = run.Number("--n", run.Quick ? 10_000 : 100_000);
        int dimensions = run.Number("--dims", run.Quick ? 256 : 1024);
        if (run.Has("--growth"))
        {
            IndexGrowth.Measure(run, count, dimensions, cancellation);
            return Task.FromResult(0);
        }

        if (run.Text("--vectors") is { } path)
        {
            VectorSet own = VectorFile.Read(path, dimensions, count);
            VectorSet? queries = run.Text("--queries") is { } queriesPath ? VectorFile.Read(queriesPath, own.Dimensions, int.MaxValue) : null;
            Measure(run, Path.GetFileName(path), own, null, queries, cancellation);
            return Task.FromResult(0);
        }

        string wanted = run.Text("--variant") ?? (run.Quick ? "plain" : "all");
        foreach (string variant in wanted == "all" ? ["plain", "shifted", "dense", "template", "text"] : new[] { wanted })
        {
            run.Say($"{variant}: making the vectors");
            EmbeddingMimic? mimic = variant == "text" ? null : new EmbeddingMimic(dimensions, variant == "shifted" ? 0.7 : 0.02, 1);
            VectorSet? vectors = variant switch
            {
                "plain" or "shifted" => mimic!.Clusters(count),
                "dense" => mimic!.Dense(count),
                "template" => mimic!.Templates(count),
                "text" => RealText(count),
                _ => throw new UsageException($"There is no variant '{variant}'."),
            };
            if (vectors is null)
                run.Say("text: left out, because ../shared/data is not here");
            else
                Measure(run, variant, vectors, mimic, null, cancellation);
        }

        return Task.FromResult(0);
    }

    private static void Measure(SuiteRun run, string variant, VectorSet vectors, EmbeddingMimic? mimic, VectorSet? queries, CancellationToken cancellation)
    {
        string folder = run.Text("--keep") ?? Directory.CreateTempSubdirectory("refrain-index-").FullName;
        Directory.CreateDirectory(folder);
        string basePath = Path.Combine(folder, $"{variant}-{vectors.Count}-{vectors.Dimensions}");
        try
        {
            if (run.Has("--life"))
                new IndexLife(run, variant, vectors, basePath).Measure(cancellation);
            else
                Compare(run, variant, vectors, new IndexQueries(vectors, mimic), queries, basePath, cancellation);
        }
        finally
        {
            if (run.Text("--keep") is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static void Compare(SuiteRun run, string variant, VectorSet vectors, IndexQueries about, VectorSet? queries, string basePath, CancellationToken cancellation)
    {
        using VectorIndex index = VectorIndex.Create(new VectorIndexOptions { Dimensions = vectors.Dimensions, Seed = 1 });
        Insert(run, variant, index, vectors, cancellation);
        List<PeerProcess> peers = [];
        try
        {
            if (run.Has("--peers") || run.Has("--only-peers"))
            {
                if (!File.Exists(basePath + ".f32"))
                    vectors.Save(basePath + ".f32");
                peers = PeerProcess.StartAll(run, run.Text("--only-peers"), basePath, vectors.Count, vectors.Dimensions);
                foreach (PeerProcess peer in peers.Where(peer => double.IsFinite(peer.InsertsPerSecond)))
                    run.Add(variant, $"inserts of {peer.Name}", peer.InsertsPerSecond, "1/s");
            }

            Ask(run, variant, about, new Contest(run, variant, index, vectors, peers, run.Number("--rounds", run.Quick ? 3 : 5)), queries, cancellation);
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }
    }

    private static void Ask(SuiteRun run, string variant, IndexQueries about, Contest contest, VectorSet? queries, CancellationToken cancellation)
    {
        int count = run.Number("--queries-each", run.Quick ? 500 : 5000), edgeCount = run.Number("--edges", run.Quick ? 500 : 10_000);
        run.Say($"{variant}: the truth about {count:N0} queries");
        var random = new Random(6);
        VectorSet far = about.Planted(count, _ => 0.5 + (0.4 * random.NextDouble()), 6);
        float[] farTruth = about.Truth(far);
        float[] thresholds = run.Text("--tau") is null ? [0.95f, 0.90f, 0.85f] : [run.Number("--tau", 95) / 100f];
        foreach (float tau in thresholds)
        {
            cancellation.ThrowIfCancellationRequested();
            run.Say($"{variant}: threshold {tau:F2}");
            contest.Threshold(
                tau, about.Planted(count, i => tau + 0.01 + ((0.999 - tau - 0.01) * i / count), 5), about.Planted(edgeCount, _ => tau, 7), IndexQueries.Beyond(far, farTruth, tau));
        }

        int some = Math.Min(1000, count);
        VectorSet near = about.Planted(some, i => 0.96 + (0.039 * i / some), 8);
        run.Say($"{variant}: nearest");
        contest.Nearest("hits", near, about.Truth(near));
        contest.Nearest("misses", far.First(some), farTruth);
        contest.ExactScan(far);
        if (queries is not null)
            contest.Nearest("queries", queries, about.Truth(queries));
    }

    private static void Insert(SuiteRun run, string variant, VectorIndex index, VectorSet vectors, CancellationToken cancellation)
    {
        var times = new double[vectors.Count];
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < vectors.Count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            index.Add(1, (UInt128)(uint)i, vectors[i]);
            times[i] = Interleaved.MicrosecondsSince(began);
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

    /// <summary>The prompts that lie beside the project, under our lexical embedder; null where they do not.</summary>
    private static VectorSet? RealText(int countMax)
    {
        string[] texts = [.. new[] { "banking77", "clinc150", "hwu64", "arena_hard" }
            .SelectMany(set => SharedData.Rows(set, "prompts") ?? []).Select(row => row["text"]).Distinct(StringComparer.Ordinal).Take(countMax)];
        if (texts.Length == 0)
            return null;
        var set = new VectorSet(new float[texts.Length * LexicalEmbeddingGenerator.Dimensions], LexicalEmbeddingGenerator.Dimensions);
        int count = 0;
        foreach (string text in texts)
        {
            float[] vector = LexicalEmbeddingGenerator.Embed(text);
            if (!vector.AsSpan().ContainsAnyExcept(0f))
                continue;
            vector.CopyTo(set.Writable(count));
            VectorSet.Normalise(set.Writable(count++));
        }

        return set.First(count);
    }
}
