using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>One index and its peers over the same vectors, asked the same queries in turns.</summary>
internal sealed class Contest : IDisposable
{
    private readonly SuiteRun _run;
    private readonly string _variant;
    private readonly VectorIndex _index;
    private readonly VectorSet _vectors;
    private readonly List<PeerProcess> _peers = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("refrain-index-").FullName;
    private readonly int _rounds;

    private Contest(SuiteRun run, string variant, VectorIndex index, VectorSet vectors)
    {
        _run = run;
        _variant = variant;
        _index = index;
        _vectors = vectors;
        _rounds = run.Number("--rounds", run.Quick ? 3 : 5);
    }

    /// <summary>Starts the peers, if they are wanted and there.</summary>
    public static Contest Begin(SuiteRun run, string variant, VectorIndex index, VectorSet vectors)
    {
        var contest = new Contest(run, variant, index, vectors);
        if (!run.Has("--peers"))
            return contest;
        if (PeerProcess.Find() is not { } program)
        {
            run.Say("no peers: benchmarks/peers/build.sh builds them");
            return contest;
        }

        string path = Path.Combine(contest._folder, "vectors");
        vectors.Save(path);
        foreach (string kind in new[] { "f32", "int8" })
        {
            run.Say($"{variant}: hnswlib {kind} builds its graph");
            PeerProcess peer = PeerProcess.Start(program, kind, path, vectors.Count, vectors.Dimensions);
            run.Add(variant, $"inserts of {peer.Name}", peer.InsertsPerSecond, "1/s");
            contest._peers.Add(peer);
        }

        return contest;
    }

    /// <summary>Is there one within the angle? Peers are asked for their nearest, at the least effort that finds .999 of the hits.</summary>
    public void Threshold(float tau, VectorSet hits, VectorSet edges, VectorSet misses, int[] efforts)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{_variant} τ {tau:F2}");
        VectorIndexStatistics before = _index.GetStatistics();
        foreach ((string kind, VectorSet queries) in new[] { ("hits", hits), ("edges", edges), ("misses", misses) })
        {
            var ours = new double[queries.Count];
            ours.AsSpan().Fill(double.MaxValue);
            int found = 0, wrong = 0;
            List<(PeerProcess Peer, int Effort, double Found, double[] Times)> theirs =
                [.. _peers.Select(peer => (peer, LeastEffort(peer, hits, tau, efforts), 0.0, Worst(queries.Count)))];
            for (int round = 0; round < _rounds; round++)
            {
                (found, wrong) = AskOurs(queries, tau, ours);
                for (int i = 0; i < theirs.Count; i++)
                    theirs[i] = theirs[i] with { Found = AskTheirs(theirs[i].Peer, queries, theirs[i].Effort, tau, theirs[i].Times) };
            }

            _run.Add($"{name} {kind}", "found", (double)found / queries.Count, "");
            if (wrong > 0)
                _run.Add($"{name} {kind}", "wrong", wrong, "");
            AddTimes($"{name} {kind}", ours);
            foreach ((PeerProcess peer, int effort, double peerFound, double[] times) in theirs)
                Compare($"{name} {kind}", $"{peer.Name} ef {effort}, found {peerFound:F3}", ours, times);
        }

        VectorIndexStatistics after = _index.GetStatistics();
        double searches = after.SearchCount - before.SearchCount;
        _run.Add(name, "lines a search", (after.LineCount - before.LineCount) / searches, "");
        _run.Add(name, "sketches a search", (after.SketchCount - before.SketchCount) / searches, "");
        _run.Add(name, "codes a search", (after.CodeCount - before.CodeCount) / searches, "");
        _run.Add(name, "uncertain", (after.UncertainCount - before.UncertainCount) / searches, "");
    }

    /// <summary>The nearest vector, and whether it is the true one.</summary>
    public void Nearest(string kind, VectorSet queries, int[] efforts)
    {
        int count = Math.Min(queries.Count, 1000);
        float[] truth = [.. Enumerable.Range(0, count).Select(i => _vectors.Nearest(queries[i]).Similarity)];
        string name = $"{_variant} nearest {kind}";
        double[] ours = Worst(count);
        double recall = 0;
        var matches = new VectorMatch[1];
        for (int round = 0; round < _rounds; round++)
        {
            int right = 0;
            for (int i = 0; i < count; i++)
            {
                long began = Stopwatch.GetTimestamp();
                int found = _index.Find(1, queries[i], matches);
                ours[i] = Math.Min(ours[i], Stopwatch.GetElapsedTime(began).TotalMicroseconds);
                if (found == 1 && TensorPrimitives.Dot(queries[i], _vectors[(int)matches[0].Key]) >= truth[i] - 1e-5f)
                    right++;
            }

            recall = (double)right / count;
        }

        _run.Add(name, "recall", recall, "");
        AddTimes(name, ours);
        foreach (PeerProcess peer in _peers)
        {
            foreach (int effort in efforts)
            {
                double[] times = Worst(count);
                double theirs = 0;
                for (int round = 0; round < _rounds; round++)
                    theirs = AskTheirs(peer, queries, effort, i => i < count ? truth[i] - 1e-5f : 2, times.Length, times) * queries.Count / count;
                Compare(name, $"{peer.Name} ef {effort}, recall {theirs:F3}", ours, times);
                if (theirs >= recall)
                    break;
            }
        }
    }

    public void Dispose()
    {
        foreach (PeerProcess peer in _peers)
            peer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static double[] Worst(int count)
    {
        var times = new double[count];
        times.AsSpan().Fill(double.MaxValue);
        return times;
    }

    private (int Found, int Wrong) AskOurs(VectorSet queries, float tau, double[] times)
    {
        int found = 0, wrong = 0;
        for (int i = 0; i < queries.Count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            bool isHit = _index.TryFind(1, queries[i], tau, out VectorMatch match);
            times[i] = Math.Min(times[i], Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            if (!isHit)
                continue;
            found++;
            if (TensorPrimitives.Dot(queries[i], _vectors[(int)match.Key]) < tau - 2e-4f)
                wrong++;
        }

        return (found, wrong);
    }

    private int LeastEffort(PeerProcess peer, VectorSet hits, float tau, int[] efforts) =>
        efforts.FirstOrDefault(effort => AskTheirs(peer, hits, effort, tau, Worst(hits.Count)) >= 0.999, efforts[^1]);

    private double AskTheirs(PeerProcess peer, VectorSet queries, int effort, float tau, double[] times) =>
        AskTheirs(peer, queries, effort, _ => tau - 1e-5f, times.Length, times);

    private double AskTheirs(PeerProcess peer, VectorSet queries, int effort, Func<int, float> least, int count, double[] times)
    {
        string path = Path.Combine(_folder, "queries");
        queries.Save(path);
        (uint Id, float Similarity, uint Nanoseconds)[] results = peer.Search(path, queries.Count, effort);
        int found = 0;
        for (int i = 0; i < count; i++)
        {
            times[i] = Math.Min(times[i], results[i].Nanoseconds / 1000.0);
            if (results[i].Similarity >= least(i))
                found++;
        }

        return (double)found / queries.Count;
    }

    private void AddTimes(string name, double[] times)
    {
        double[] sorted = [.. times];
        _run.Add(name, "p50", Interleaved.Percentile(sorted, 0.5), "µs");
        _run.Add(name, "p95", Interleaved.Percentile(sorted, 0.95), "µs");
        _run.Add(name, "p99", Interleaved.Percentile(sorted, 0.99), "µs");
    }

    private void Compare(string name, string peer, double[] ours, double[] theirs)
    {
        double own = Interleaved.Percentile([.. ours], 0.5), other = Interleaved.Percentile([.. theirs], 0.5);
        _run.Add(name, "p50 of the peer", other, "µs", peer, other / own);
    }
}
