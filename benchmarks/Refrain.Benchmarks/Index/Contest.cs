using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>One index and its peers over the same vectors, asked the same queries in turns. For each query the fastest of all rounds counts.</summary>
/// <param name="run">Takes the rows.</param>
/// <param name="variant">Name of the vectors.</param>
/// <param name="index">Ours.</param>
/// <param name="vectors">What all hold.</param>
/// <param name="peers">The others.</param>
/// <param name="rounds">Times each query is asked.</param>
internal sealed class Contest(SuiteRun run, string variant, VectorIndex index, VectorSet vectors, IReadOnlyList<IContender> peers, int rounds)
{
    private static readonly int[] Efforts = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

    /// <summary>Is there one within the angle? Peers are asked for their nearest, at the least effort that finds .999 of the hits.</summary>
    /// <param name="tau">Cosine of the angle.</param>
    /// <param name="hits">Queries inside the angle.</param>
    /// <param name="edges">Queries at exactly the angle.</param>
    /// <param name="misses">Queries that nothing is near to.</param>
    public void Threshold(float tau, VectorSet hits, VectorSet edges, VectorSet misses)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{variant} τ {tau:F2}");
        var efforts = peers.Select(peer => (Peer: peer, Effort: LeastEffort(peer, hits, _ => tau, 0.999))).ToList();
        foreach ((string kind, VectorSet queries) in new[] { ("hits", hits), ("edges", edges), ("misses", misses) })
        {
            if (queries.Count == 0)
                continue;
            string @case = $"{name} {kind}";
            double[] ours = Worst(queries.Count);
            List<double[]> theirs = [.. peers.Select(_ => Worst(queries.Count))];
            double[] theirFound = new double[peers.Count];
            int found = 0, wrong = 0;
            VectorIndexStatistics before = index.GetStatistics();
            for (int round = 0; round < rounds; round++)
            {
                (found, wrong) = AskOurs(queries, tau, ours);
                for (int i = 0; i < peers.Count; i++)
                    theirFound[i] = Ask(efforts[i].Peer, queries, efforts[i].Effort!.Value, _ => tau, theirs[i]);
            }

            AddWork(@case, before, kind == "edges");
            run.Add(@case, "found", (double)found / queries.Count, "");
            if (wrong > 0)
                run.Add(@case, "found, but beyond the angle", wrong, "");
            AddTimes(@case, ours);
            for (int i = 0; i < peers.Count; i++)
                Compare(@case, string.Create(CultureInfo.InvariantCulture, $"{efforts[i].Peer.Name} ef {efforts[i].Effort}, found {theirFound[i]:F4}"), ours, theirs[i]);
        }
    }

    /// <summary>The nearest vector: each contender at the least effort that reaches a recall.</summary>
    /// <param name="kind">Name of the queries.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="truth">The similarity of each one's nearest vector.</param>
    public void Nearest(string kind, VectorSet queries, float[] truth)
    {
        var own = new OwnContender(index);
        float Least(int i) => truth[i];
        foreach (double recall in new[] { 0.95, 0.99, 0.999 })
        {
            string @case = string.Create(CultureInfo.InvariantCulture, $"{variant} nearest, {kind}, recall {recall}");
            if (LeastEffort(own, queries, Least, recall, strict: true) is not { } effort)
            {
                run.Add(@case, $"recall at ef {Efforts[^1]}: not reached", Ask(own, queries, Efforts[^1], Least, Worst(queries.Count)), "");
                continue;
            }

            double[] ours = Worst(queries.Count);
            var reached = peers.Select(peer => (Peer: peer, Effort: LeastEffort(peer, queries, Least, recall, strict: true), Times: Worst(queries.Count))).ToList();
            double own1 = 0;
            for (int round = 0; round < rounds; round++)
            {
                own1 = Ask(own, queries, effort, Least, ours);
                foreach ((IContender peer, int? theirEffort, double[] times) in reached)
                    if (theirEffort is { } ef)
                        Ask(peer, queries, ef, Least, times);
            }

            run.Add(@case, $"recall at ef {effort}", own1, "");
            AddTimes(@case, ours);
            foreach ((IContender peer, int? theirEffort, double[] times) in reached)
                if (theirEffort is { } ef)
                    Compare(@case, $"{peer.Name} ef {ef}", ours, times);
                else
                    run.Add(@case, $"{peer.Name} does not reach it at ef", Efforts[^1], "");
        }
    }

    /// <summary>How long it takes to compare all floats.</summary>
    public void ExactScan(VectorSet queries)
    {
        const int Count = 20;
        double[] times = new double[Math.Min(Count, queries.Count)];
        for (int i = 0; i < times.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            vectors.Nearest(queries[i]);
            times[i] = Interleaved.MicrosecondsSince(began);
        }

        run.Add($"{variant} exact scan by TensorPrimitives", "p50", Interleaved.Percentile(times, 0.5), "µs");
    }

    private static double[] Worst(int count)
    {
        var times = new double[count];
        times.AsSpan().Fill(double.MaxValue);
        return times;
    }

    private (int Found, int Wrong) AskOurs(VectorSet queries, float tau, double[] times)
    {
        var answers = new int[queries.Count];
        for (int i = 0; i < queries.Count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            bool isHit = index.TryFind(1, queries[i], tau, out VectorMatch match);
            times[i] = Math.Min(times[i], Interleaved.MicrosecondsSince(began));
            answers[i] = isHit ? (int)match.Key : -1;
        }

        // Only now: each vector that is read in between takes 4 KiB of the caches from the next search.
        int wrong = answers.Index().Count(answer => answer.Item >= 0 && TensorPrimitives.Dot(queries[answer.Index], vectors[answer.Item]) < tau - 2e-4f);
        return (answers.Count(answer => answer >= 0), wrong);
    }

    /// <summary>The least effort that finds a share of the queries. The greatest there is, or null if <paramref name="strict"/>, where none does.</summary>
    private int? LeastEffort(IContender contender, VectorSet queries, Func<int, float> least, double share, bool strict = false)
    {
        foreach (int effort in Efforts)
            if (Ask(contender, queries, effort, least, Worst(queries.Count)) >= share)
                return effort;
        return strict ? null : Efforts[^1];
    }

    /// <summary>Asks a contender, and keeps the fastest times.</summary>
    /// <returns>The share of queries for which what it found is near enough.</returns>
    private double Ask(IContender contender, VectorSet queries, int effort, Func<int, float> least, double[] times)
    {
        (int Id, double Microseconds)[] answers = contender.Ask(queries, effort);
        int found = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            times[i] = Math.Min(times[i], answers[i].Microseconds);
            if (answers[i].Id >= 0 && TensorPrimitives.Dot(queries[i], vectors[answers[i].Id]) >= least(i) - 1e-5f)
                found++;
        }

        return (double)found / queries.Count;
    }

    private void AddWork(string name, VectorIndexStatistics before, bool edges)
    {
        VectorIndexStatistics after = index.GetStatistics();
        double searches = after.SearchCount - before.SearchCount;
        run.Add(name, "lines a search", (after.LineCount - before.LineCount) / searches, "");
        run.Add(name, "sketches a search", (after.SketchCount - before.SketchCount) / searches, "");
        run.Add(name, "codes a search", (after.CodeCount - before.CodeCount) / searches, "");
        run.Add(name, "with all bits", (after.FineCount - before.FineCount) / searches, "");
        run.Add(name, "not settled by the tables", (after.UncertainCount - before.UncertainCount) / searches, "");
        // At the edge there is a vector: whatever is certified a miss is wrong.
        if (edges)
            run.Add(name, "certified as misses, wrongly", (after.CertifiedMissCount - before.CertifiedMissCount) / searches, "");
    }

    private void AddTimes(string name, double[] times)
    {
        double[] sorted = [.. times];
        run.Add(name, "p50", Interleaved.Percentile(sorted, 0.5), "µs");
        run.Add(name, "p95", Interleaved.Percentile(sorted, 0.95), "µs");
        run.Add(name, "p99", Interleaved.Percentile(sorted, 0.99), "µs");
    }

    private void Compare(string name, string peer, double[] ours, double[] theirs)
    {
        double own = Interleaved.Percentile([.. ours], 0.5), other = Interleaved.Percentile([.. theirs], 0.5);
        run.Add(name, "p50 of the peer", other, "µs", peer, other / own);
    }
}
