namespace Refrain.Vectors.Tests;

/// <summary>Threshold searches through band tables find what lies at the very edge, as surely as they say.</summary>
public sealed class BandSearchTests
{
    private const int Dimensions = 128;
    private const int Count = 6000;

    /// <summary>Vectors around a common mean, of which every tenth has a family of near-duplicates.</summary>
    private static float[][] Vectors(Random random, double meanSquare)
    {
        float[] common = TestVectors.Unit(random, Dimensions);
        return [.. Enumerable.Range(0, Count).Select(_ =>
        {
            float[] own = TestVectors.Unit(random, Dimensions);
            float[] sum = [.. own.Zip(common, (o, c) => (float)(Math.Sqrt(1 - meanSquare) * o + Math.Sqrt(meanSquare) * c))];
            float norm = MathF.Sqrt(sum.Sum(v => v * v));
            return sum.Select(v => v / norm).ToArray();
        })];
    }

    [Theory]
    [InlineData(0.0, 0.95f)]
    [InlineData(0.0, 0.85f)]
    [InlineData(0.5, 0.95f)]
    [InlineData(0.7, 0.95f)]
    [InlineData(0.7, 0.90f)]
    public void Edges_are_found_with_the_confidence_asked_for_whatever_all_have_in_common(double meanSquare, float similarity)
    {
        const int EdgeCount = 2000;
        var random = new Random(51);
        using var index = VectorIndex.Create(new VectorIndexOptions { Dimensions = Dimensions, Seed = 5, MissConfidence = 0.99 });
        float[][] vectors = Vectors(random, meanSquare);
        for (int i = 0; i < Count; i++)
            index.Add(1, (UInt128)(uint)i, vectors[i]);
        int lost = Enumerable.Range(0, EdgeCount).Count(_ => !index.TryFind(1, TestVectors.At(random, vectors[random.Next(Count)], similarity), similarity, out VectorMatch _));
        // Six standard deviations over what one in a hundred makes.
        Assert.InRange(lost, 0, (int)(EdgeCount * 0.01 + 6 * Math.Sqrt(EdgeCount * 0.01)));
        Assert.True(index.GetStatistics().LineCount > 0, "The band tables were not asked.");
    }

    [Fact]
    public void A_family_of_near_duplicates_loses_none_of_its_members()
    {
        var random = new Random(52);
        using var index = VectorIndex.Create(new VectorIndexOptions { Dimensions = Dimensions, Seed = 5 });
        float[] head = TestVectors.Unit(random, Dimensions);
        float[][] family = [.. Enumerable.Range(0, 3000).Select(_ => TestVectors.At(random, head, 0.995))];
        for (int i = 0; i < family.Length; i++)
            index.Add(1, (UInt128)(uint)i, family[i]);
        for (int i = 0; i < family.Length; i += 3)
            Assert.True(index.TryFind(1, TestVectors.At(random, family[i], 0.97), 0.97f, out _));
        // Down to the last: tables are exact in what they forget.
        for (int i = 0; i < family.Length - 1; i++)
            Assert.True(index.Remove(1, (UInt128)(uint)i));
        Assert.True(index.TryFind(1, family[^1], 0.999f, out VectorMatch match));
        Assert.Equal((UInt128)(uint)(family.Length - 1), match.Key);
    }

    [Fact]
    public void A_miss_is_certified_and_rarely_so_where_nothing_can_be_said()
    {
        var random = new Random(53);
        using var index = VectorIndex.Create(new VectorIndexOptions { Dimensions = Dimensions, Seed = 5 });
        foreach ((float[] vector, int i) in Vectors(random, 0).Select((vector, i) => (vector, i)))
            index.Add(1, (UInt128)(uint)i, vector);
        for (int i = 0; i < 100; i++)
            Assert.False(index.TryFind(1, TestVectors.Unit(random, Dimensions), 0.95f, out _));
        Assert.Equal(100, index.GetStatistics().CertifiedMissCount);
        for (int i = 0; i < 100; i++)
            index.TryFind(1, TestVectors.Unit(random, Dimensions), 0.4f, out _);
        Assert.InRange(index.GetStatistics().CertifiedMissCount, 100, 110);
    }
}
