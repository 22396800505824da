using Microsoft.Extensions.Time.Testing;

namespace Refrain.Vectors.Tests;

/// <summary>The graph of a large namespace: what it finds, and that nothing breaks it.</summary>
public sealed class GraphTests
{
    private const int Dimensions = 64;
    private const int Count = 5000;

    private readonly string _path = TestVectors.TempPath();

    /// <summary>So few vectors would be looked at one by one.</summary>
    private static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 1024, Seed = 5, TimeProvider = new FakeTimeProvider(), SketchesPerCandidate = 0 };

    /// <summary>Clusters, as embeddings have them: without, the nearest of random vectors is hardly nearer than the rest.</summary>
    private static float[][] Vectors(int seed)
    {
        var random = new Random(seed);
        float[][] centres = [.. Enumerable.Range(0, Count / 25).Select(_ => TestVectors.Unit(random, Dimensions))];
        return [.. Enumerable.Range(0, Count).Select(i => TestVectors.At(random, centres[i % centres.Length], 0.7))];
    }

    private static void Fill(VectorIndex index, float[][] vectors)
    {
        for (int i = 0; i < vectors.Length; i++)
            index.Add(1, (UInt128)(uint)i, vectors[i]);
    }

    private static void AwaitLinks(VectorIndex index) =>
        Assert.True(SpinWait.SpinUntil(() => index.GetStatistics().UnlinkedCount == 0, TimeSpan.FromMinutes(10)), "The graph is never finished.");

    /// <summary>How often the nearest vector is found that a scan of all finds.</summary>
    private static double Recall(VectorIndex index, IReadOnlyDictionary<int, float[]> stored, int queryCount)
    {
        var random = new Random(77);
        var matches = new VectorMatch[1];
        int[] keys = [.. stored.Keys];
        int right = 0;
        for (int i = 0; i < queryCount; i++)
        {
            float[] query = TestVectors.At(random, stored[keys[random.Next(keys.Length)]], 0.8);
            double truth = stored.Values.Max(vector => TestVectors.Cosine(vector, query));
            Assert.Equal(1, index.Find(1, query, matches));
            Assert.Equal(TestVectors.Cosine(stored[(int)matches[0].Key], query), matches[0].Similarity, 1e-3);
            if (matches[0].Similarity >= truth - 1e-3)
                right++;
        }
        return (double)right / queryCount;
    }

    [Fact]
    public void The_graph_finds_the_nearest_before_and_after_half_of_it_was_replaced()
    {
        using var index = VectorIndex.Create(Options);
        float[][] vectors = Vectors(71), others = Vectors(72);
        Fill(index, vectors);
        AwaitLinks(index);
        Dictionary<int, float[]> stored = Enumerable.Range(0, Count).ToDictionary(i => i, i => vectors[i]);
        Assert.InRange(Recall(index, stored, 200), 0.98, 1);
        for (int i = 0; i < Count; i += 2)
        {
            index.Remove(1, (UInt128)(uint)i);
            stored.Remove(i);
        }
        for (int i = 0; i < Count; i += 4)
        {
            index.Add(1, (UInt128)(uint)(Count + i), others[i]);
            stored[Count + i] = others[i];
        }
        AwaitLinks(index);
        Assert.InRange(Recall(index, stored, 200), 0.97, 1);
        Assert.InRange(index.GetStatistics().MeanDegree, 4, 32);
    }

    [Fact]
    public void A_nearest_vector_that_is_near_is_found_by_the_tables_and_a_far_one_by_the_graph()
    {
        using var index = VectorIndex.Create(Options);
        float[][] vectors = Vectors(76);
        Fill(index, vectors);
        AwaitLinks(index);
        var random = new Random(78);
        var match = new VectorMatch[1];
        for (int i = 0; i < Count; i += 50)
        {
            float[] near = TestVectors.At(random, vectors[i], 0.97);
            Assert.Equal(1, index.Find(1, near, match));
            Assert.Equal(vectors.Max(vector => TestVectors.Cosine(vector, near)), match[0].Similarity, 1e-3);
        }
        long near100 = index.GetStatistics().SketchCount;
        for (int i = 0; i < Count; i += 50)
            Assert.Equal(1, index.Find(1, TestVectors.At(random, vectors[i], 0.5), match));
        long far100 = index.GetStatistics().SketchCount - near100;
        Assert.True(far100 > 2 * near100, $"{near100} sketches for near ones, {far100} for far ones.");
    }

    [Fact]
    public void More_effort_looks_farther_and_finds_no_less()
    {
        using var index = VectorIndex.Create(Options with { EfSearch = 8 });
        float[][] vectors = Vectors(79);
        Fill(index, vectors);
        AwaitLinks(index);
        var random = new Random(80);
        var match = new VectorMatch[1];
        int little = 0, much = 0;
        for (int i = 0; i < 300; i++)
        {
            float[] query = TestVectors.Unit(random, Dimensions);
            float truth = (float)vectors.Max(vector => TestVectors.Cosine(vector, query)) - 1e-3f;
            little += index.Find(1, query, match) == 1 && match[0].Similarity >= truth ? 1 : 0;
            much += index.Find(1, query, match, efSearch: 512) == 1 && match[0].Similarity >= truth ? 1 : 0;
        }
        Assert.True(much > little, $"{little} of 300 were found with little effort, {much} with much.");
        Assert.InRange(much, 290, 300);
    }

    [Fact]
    public void An_effort_that_is_worth_it_is_spent_on_all_sketches_and_finds_the_nearest()
    {
        using var index = VectorIndex.Create(Options with { SketchesPerCandidate = 400 });
        float[][] vectors = Vectors(82);
        Fill(index, vectors);
        AwaitLinks(index);
        var random = new Random(83);
        var match = new VectorMatch[1];
        int right = 0;
        long before = index.GetStatistics().SketchCount;
        for (int i = 0; i < 200; i++)
        {
            float[] query = TestVectors.Unit(random, Dimensions);
            Assert.Equal(1, index.Find(1, query, match, efSearch: Count / 400 + 1));
            right += match[0].Similarity >= vectors.Max(vector => TestVectors.Cosine(vector, query)) - 1e-3 ? 1 : 0;
        }
        Assert.InRange(index.GetStatistics().SketchCount - before, 200L * Count, 202L * Count);
        before = index.GetStatistics().SketchCount;
        Assert.Equal(1, index.Find(1, TestVectors.Unit(random, Dimensions), match, efSearch: Count / 400));
        Assert.InRange(index.GetStatistics().SketchCount - before, 1, Count - 1);
        Assert.InRange(right, 180, 200);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(VectorIndexOptions.EfSearchMax + 1)]
    public void An_effort_out_of_its_range_is_refused(int effort)
    {
        using var index = VectorIndex.Create(Options);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Find(1, Vectors(81)[0], new VectorMatch[1], efSearch: effort));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorIndex.Create(Options with { EfSearch = effort }));
    }

    [Fact]
    public void A_search_beside_removals_finds_only_what_is_there()
    {
        using var index = VectorIndex.Create(Options);
        float[][] vectors = Vectors(73);
        Fill(index, vectors);
        AwaitLinks(index);
        var matches = new VectorMatch[10];
        for (int i = 0; i < Count; i += 3)
        {
            index.Remove(1, (UInt128)(uint)i);
            if (i % 100 == 0)
                foreach (VectorMatch match in matches.AsSpan(0, index.Find(1, vectors[i], matches)))
                    Assert.False((int)match.Key % 3 == 0 && (int)match.Key <= i, $"key {match.Key} was removed.");
        }
    }

    [Fact]
    public void Links_of_any_kind_in_the_file_do_no_harm()
    {
        float[][] vectors = Vectors(74);
        using (var index = VectorIndex.Open(_path, Options))
        {
            Fill(index, vectors);
            AwaitLinks(index);
        }
        byte[] bytes = File.ReadAllBytes(_path);
        var layout = new RecordLayout(Dimensions, 1024);
        var random = new Random(75);
        for (int slot = 0; slot < Count; slot++)
        {
            long extent = ArenaFile.HeadSize + slot / 1024 * layout.ExtentSize + slot % 1024 * (long)layout.Stride;
            for (int link = 0; link < RecordLayout.LinkCount; link++)
            {
                uint wild = random.Next(4) switch { 0 => uint.MaxValue, 1 => (uint)random.Next(), 2 => (uint)random.Next(Count + 2), _ => 0 };
                BitConverter.TryWriteBytes(bytes.AsSpan((int)extent + layout.LinksOffset + link * 4), wild);
            }
        }
        File.WriteAllBytes(_path, bytes);
        using var again = VectorIndex.Open(_path, Options);
        Assert.Equal(Count, again.Count);
        var matches = new VectorMatch[3];
        for (int i = 0; i < Count; i += 10)
        {
            Assert.InRange(again.Find(1, vectors[i], matches), 1, 3);
            Assert.Equal(TestVectors.Cosine(vectors[(int)matches[0].Key], vectors[i]), matches[0].Similarity, 1e-3);
        }
        for (int i = 0; i < Count; i += 2)
            Assert.True(again.Remove(1, (UInt128)(uint)i));
    }
}
