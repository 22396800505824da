using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>
/// What a threshold search computes and finds, at a fixed seed: queries at and just inside the angle, and queries that nothing is near to. More work for the same
/// answers is a regression that no clock shows on a shared machine.
/// </summary>
internal sealed class IndexWork(int vectorCount) : IGauge
{
    private const int Dimensions = 256;
    private const int QueryCount = 500;
    private const float Similarity = 0.9f;
    private const ulong Seed = 20_251_122;

    private static readonly UInt128 Space = 1;

    /// <inheritdoc/>
    public string Name => $"IndexWork.{vectorCount} vectors";

    /// <inheritdoc/>
    public IReadOnlyList<Reading> Read()
    {
        Random random = new((int)Seed);
        float[][] vectors = [.. Enumerable.Range(0, vectorCount).Select(_ => RandomVector(random))];
        DirectoryInfo directory = Directory.CreateTempSubdirectory("refrain-gate-");
        try
        {
            // Opened again, because tables that grow in the background are in the order in which the threads ran.
            using (VectorIndex writing = Open(directory))
            {
                for (int i = 0; i < vectors.Length; i++)
                    writing.Add(Space, (UInt128)(uint)i, vectors[i]);
            }

            using VectorIndex index = Open(directory);
            return Read(index, vectors, random);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static VectorIndex Open(DirectoryInfo directory) =>
        VectorIndex.Open(Path.Combine(directory.FullName, "index"), new() { Dimensions = Dimensions, Seed = Seed });

    private static IReadOnlyList<Reading> Read(VectorIndex index, float[][] vectors, Random random)
    {
        VectorIndexStatistics before = index.GetStatistics();
        int found = 0;
        for (int i = 0; i < QueryCount; i++)
        {
            int target = random.Next(vectors.Length);
            found += index.TryFind(Space, At(vectors[target], 0.905f + (0.09f * i / QueryCount), random), Similarity, out VectorMatch match) && match.Key == (UInt128)(uint)target ? 1 : 0;
        }

        VectorIndexStatistics hits = index.GetStatistics();
        int falseHits = 0;
        for (int i = 0; i < QueryCount; i++)
            falseHits += index.TryFind(Space, RandomVector(random), Similarity, out _) ? 1 : 0;
        VectorIndexStatistics misses = index.GetStatistics();
        return
        [
            new("hit_recall", ReadingGate.AtLeast, (double)found / QueryCount),
            new("false_hits", ReadingGate.Exact, falseHits),
            new("scored_per_hit", ReadingGate.Exact, Each(hits.CodeCount + hits.FineCount - before.CodeCount - before.FineCount)),
            new("scored_per_miss", ReadingGate.Exact, Each(misses.CodeCount + misses.FineCount - hits.CodeCount - hits.FineCount)),
            new("sketches_per_hit", ReadingGate.Exact, Each(hits.SketchCount - before.SketchCount)),
            new("sketches_per_miss", ReadingGate.Exact, Each(misses.SketchCount - hits.SketchCount)),
            new("lines_per_hit", ReadingGate.Exact, Each(hits.LineCount - before.LineCount)),
            new("lines_per_miss", ReadingGate.Exact, Each(misses.LineCount - hits.LineCount)),
        ];

        static double Each(long work) => (double)work / QueryCount;
    }

    private static float[] RandomVector(Random random) => Unit([.. Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() - 0.5))]);

    /// <summary>A vector at just this cosine from a unit vector.</summary>
    private static float[] At(float[] vector, float cosine, Random random)
    {
        float[] other = RandomVector(random);
        float along = Dot(vector, other);
        float[] across = Unit([.. other.Select((number, i) => number - (along * vector[i]))]);
        float sine = MathF.Sqrt(1 - (cosine * cosine));
        return [.. vector.Select((number, i) => (cosine * number) + (sine * across[i]))];
    }

    private static float[] Unit(float[] vector)
    {
        float length = MathF.Sqrt(Dot(vector, vector));
        return [.. vector.Select(number => number / length)];
    }

    private static float Dot(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
