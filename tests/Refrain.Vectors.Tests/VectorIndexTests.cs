using Microsoft.Extensions.Time.Testing;

namespace Refrain.Vectors.Tests;

public sealed class VectorIndexTests
{
    private const int Dimensions = 128;

    private readonly Random _random = new(20260101);
    private readonly FakeTimeProvider _time = new();

    private VectorIndexOptions Options => new() { Dimensions = Dimensions, TimeProvider = _time, ExtentSlotCount = 64, Seed = 7 };

    [Fact]
    public void A_stored_vector_is_found_at_similarity_one()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        Assert.True(index.Add(1, 42, vector));
        Assert.True(index.TryFind(1, vector, 0.999f, out VectorMatch match));
        Assert.Equal((UInt128)42, match.Key);
        Assert.InRange(match.Similarity, 0.9995f, 1f);
    }

    [Fact]
    public void Whoever_keeps_something_at_a_key_is_told_the_key_that_is_found()
    {
        using var index = VectorIndex.Create(Options);
        var keeper = new Keeper();
        index.Fetcher = keeper;
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, vector);
        Assert.True(index.TryFind(1, vector, 0.999f, out _));
        Assert.Contains((UInt128)42, keeper.Fetched);
    }

    [Fact]
    public void Length_does_not_matter_only_direction()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, [.. vector.Select(v => v * 1e-4f)]);
        Assert.True(index.TryFind(1, [.. vector.Select(v => v * 1e5f)], 0.999f, out _));
    }

    [Fact]
    public void An_edge_is_found_and_what_lies_just_outside_is_not_but_is_reported()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, vector);
        Assert.True(index.TryFind(1, TestVectors.At(_random, vector, 0.9), 0.9f, out _));
        Assert.False(index.TryFind(1, TestVectors.At(_random, vector, 0.898), 0.9f, out VectorMatch near));
        Assert.Equal((UInt128)42, near.Key);
        Assert.InRange(near.Similarity, 0.897f, 0.899f);
    }

    [Fact]
    public void A_namespace_never_sees_another()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, vector);
        Assert.False(index.TryFind(2, vector, -1, out VectorMatch match));
        Assert.True(float.IsNaN(match.Similarity));
        Assert.Equal(0, index.Find(2, vector, new VectorMatch[4]));
        index.Add(2, 42, TestVectors.Unit(_random, Dimensions));
        Assert.False(index.TryFind(2, vector, 0.9f, out _));
    }

    [Fact]
    public void The_nearest_come_first_as_a_float_scan_has_them()
    {
        using var index = VectorIndex.Create(Options);
        float[][] vectors = [.. Enumerable.Range(0, 500).Select(_ => TestVectors.Unit(_random, Dimensions))];
        for (int i = 0; i < vectors.Length; i++)
            index.Add(1, (UInt128)(uint)i, vectors[i]);
        var matches = new VectorMatch[10];
        for (int n = 0; n < 50; n++)
        {
            float[] query = TestVectors.Unit(_random, Dimensions);
            Assert.Equal(10, index.Find(1, query, matches));
            double[] truth = [.. vectors.Select(v => TestVectors.Cosine(v, query)).OrderDescending().Take(10)];
            for (int i = 0; i < 10; i++)
                Assert.Equal(truth[i], matches[i].Similarity, 5e-4);
            int within = index.Find(1, query, matches, (float)truth[4] - 0.001f);
            Assert.InRange(within, 5, 10);
        }
    }

    // Goal: what the sketches rule out is ruled out. Method: nearest vectors that are hardly nearer than the rest, whose sketches are not among the most alike.
    [Fact]
    public void The_nearest_of_many_that_are_all_far_is_the_one_that_a_float_scan_has()
    {
        const int Many = 256;
        using var index = VectorIndex.Create(Options with { Dimensions = Many });
        float[][] vectors = [.. Enumerable.Range(0, 3000).Select(_ => TestVectors.Unit(_random, Many))];
        for (int i = 0; i < vectors.Length; i++)
            index.Add(1, (UInt128)(uint)i, vectors[i]);
        var match = new VectorMatch[1];
        for (int n = 0; n < 100; n++)
        {
            float[] query = TestVectors.Unit(_random, Many);
            Assert.Equal(1, index.Find(1, query, match));
            Assert.Equal(vectors.Max(vector => TestVectors.Cosine(vector, query)), match[0].Similarity, 5e-4);
        }
    }

    [Theory]
    [InlineData(1e-6f, 3f)]
    [InlineData(40f, 1e6f)]
    public void The_length_of_a_vector_says_nothing(float storedLength, float askedLength)
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions), near = TestVectors.At(_random, vector, 0.95);
        index.Add(1, 42, [.. vector.Select(number => number * storedLength)]);
        float[] query = [.. near.Select(number => number * askedLength)];
        Assert.True(index.TryFind(1, query, 0.94f, out VectorMatch match));
        Assert.Equal(0.95, match.Similarity, 1e-3);
        Assert.False(index.TryFind(1, query, 0.96f, out _));
        var nearest = new VectorMatch[1];
        Assert.Equal(1, index.Find(1, query, nearest));
        Assert.Equal(0.95, nearest[0].Similarity, 1e-3);
        var back = new float[Dimensions];
        Assert.True(index.TryGetVector(1, 42, back));
        Assert.Equal(1, TestVectors.Cosine(vector, back), 1e-3);
    }

    [Fact]
    public void Adding_a_key_again_replaces_its_vector()
    {
        using var index = VectorIndex.Create(Options);
        float[] first = TestVectors.Unit(_random, Dimensions), second = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, first);
        index.Add(1, 42, second);
        Assert.Equal(1, index.Count);
        Assert.False(index.TryFind(1, first, 0.9f, out _));
        Assert.True(index.TryFind(1, second, 0.9f, out _));
    }

    [Fact]
    public void A_removed_vector_is_gone_at_once()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, vector);
        Assert.True(index.Contains(1, 42));
        Assert.True(index.Remove(1, 42));
        Assert.False(index.Remove(1, 42));
        Assert.False(index.Contains(1, 42));
        Assert.False(index.TryFind(1, vector, 0.9f, out _));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void A_removed_namespace_takes_its_vectors_and_no_others()
    {
        using var index = VectorIndex.Create(Options);
        for (uint i = 0; i < 100; i++)
            index.Add(i % 2, i, TestVectors.Unit(_random, Dimensions));
        Assert.Equal(50, index.RemoveNamespace(1));
        Assert.Equal(0, index.RemoveNamespace(1));
        Assert.Equal(50, index.Count);
        Assert.Equal(50, index.CountOf(0));
        Assert.All(index.EnumerateKeys(), key => Assert.Equal(UInt128.Zero, key.Namespace));
    }

    [Fact]
    public void An_expired_vector_is_not_found_and_is_removed_in_the_background()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, vector, _time.GetUtcNow() + TimeSpan.FromMilliseconds(500));
        Assert.True(index.TryFind(1, vector, 0.9f, out _));
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.False(index.TryFind(1, vector, 0.9f, out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void An_expired_vector_does_not_hide_the_next_one()
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 1, vector, _time.GetUtcNow() + TimeSpan.FromMilliseconds(1));
        index.Add(1, 2, TestVectors.At(_random, vector, 0.97));
        _time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.True(index.TryFind(1, vector, 0.95f, out VectorMatch match));
        Assert.Equal((UInt128)2, match.Key);
    }

    [Fact]
    public void A_vector_is_read_back_almost_as_it_was()
    {
        foreach (int dimensions in new[] { 64, 100, 300, 384, 768, 1024, 1536, 4096 })
        {
            using var index = VectorIndex.Create(Options with { Dimensions = dimensions });
            float[] vector = TestVectors.Unit(_random, dimensions), back = new float[dimensions];
            index.Add(1, 42, vector);
            Assert.True(index.TryGetVector(1, 42, back));
            Assert.True(TestVectors.Cosine(vector, back) > 0.99999);
            for (int i = 0; i < dimensions; i++)
                Assert.Equal(vector[i], back[i], 1e-3);
            Assert.False(index.TryGetVector(1, 43, back));
        }
    }

    [Fact]
    public void A_full_index_refuses_new_keys_and_replaces_known_ones()
    {
        using var index = VectorIndex.Create(Options with { CountMax = 10 });
        for (uint i = 0; i < 10; i++)
            Assert.True(index.Add(1, i, TestVectors.Unit(_random, Dimensions)));
        Assert.False(index.Add(1, 10, TestVectors.Unit(_random, Dimensions)));
        Assert.True(index.Add(1, 9, TestVectors.Unit(_random, Dimensions)));
        Assert.Equal(1, index.GetStatistics().RefusedCount);
        Assert.Equal(10, index.Count);
    }

    public static TheoryData<string, float[]> BadVectors()
    {
        var data = new TheoryData<string, float[]>
        {
            { "empty", [] },
            { "too short", new float[Dimensions - 1] },
            { "too long", new float[Dimensions + 1] },
            { "zero", new float[Dimensions] },
            { "negative zero", [.. Enumerable.Repeat(-0f, Dimensions)] },
            { "denormal", [.. Enumerable.Repeat(1e-42f, Dimensions)] },
            { "tiny", [.. Enumerable.Repeat(1e-20f, Dimensions)] },
            { "huge", [.. Enumerable.Repeat(1e20f, Dimensions)] },
            { "greatest", [.. Enumerable.Repeat(float.MaxValue, Dimensions)] },
        };
        foreach (int place in new[] { 0, 1, 15, 16, 63, Dimensions - 1 })
            foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue })
            {
                float[] vector = [.. Enumerable.Repeat(0.1f, Dimensions)];
                vector[place] = bad;
                data.Add($"{bad} at {place}", vector);
            }
        return data;
    }

    [Theory]
    [MemberData(nameof(BadVectors))]
    public void A_bad_vector_is_refused_at_every_door_and_changes_nothing(string name, float[] bad)
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 42, vector);
        VectorIndexStatistics before = index.GetStatistics();
        Assert.True(Throws(() => index.Add(1, 42, bad)), name);
        Assert.True(Throws(() => index.Add(1, 43, bad)), name);
        Assert.True(Throws(() => index.TryFind(1, bad, 0.9f, out _)), name);
        Assert.True(Throws(() => index.Find(1, bad, new VectorMatch[3])), name);
        Assert.Equal(before, index.GetStatistics());
        Assert.True(index.TryFind(1, vector, 0.999f, out _));

        static bool Throws(Action action)
        {
            try
            {
                action();
                return false;
            }
            catch (ArgumentException)
            {
                return true;
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1.001f)]
    [InlineData(-1.001f)]
    [InlineData(float.PositiveInfinity)]
    public void A_similarity_that_is_no_cosine_is_refused(float similarity)
    {
        using var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.TryFind(1, vector, similarity, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Find(1, vector, new VectorMatch[3], similarity));
    }

    [Fact]
    public void An_option_out_of_its_range_is_refused()
    {
        VectorIndexOptions good = Options;
        foreach (VectorIndexOptions bad in new[]
        {
            good with { Dimensions = 63 }, good with { Dimensions = 4097 }, good with { CountMax = 0 }, good with { FlushInterval = TimeSpan.Zero },
            good with { MissConfidence = double.NaN }, good with { MissConfidence = 1 }, good with { MissConfidence = 0.4 },
        })
            Assert.Throws<ArgumentOutOfRangeException>(() => VectorIndex.Create(bad));
    }

    [Fact]
    public void A_closed_index_refuses_everything()
    {
        var index = VectorIndex.Create(Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.Add(1, 1, vector));
        Assert.Throws<ObjectDisposedException>(() => index.TryFind(1, vector, 0.9f, out _));
        Assert.Throws<ObjectDisposedException>(() => index.Remove(1, 1));
        Assert.Throws<ObjectDisposedException>(index.Flush);
    }

    [Fact]
    public void A_search_allocates_nothing()
    {
        using var index = VectorIndex.Create(Options);
        for (uint i = 0; i < 300; i++)
            index.Add(1, i, TestVectors.Unit(_random, Dimensions));
        float[] query = TestVectors.Unit(_random, Dimensions);
        var matches = new VectorMatch[5];
        Search();
        // What the runtime allocates once, such as when it compiles a method anew, is in one round at most; what a search allocates is in each.
        Assert.Equal(0, Enumerable.Range(0, 5).Min(_ =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
                Search();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));

        void Search()
        {
            index.TryFind(1, query, 0.9f, out _);
            index.Find(1, query, matches);
        }
    }

    private sealed class Keeper : IFetcher
    {
        public List<UInt128> Fetched { get; } = [];

        public void Fetch(UInt128 key) => Fetched.Add(key);
    }
}
