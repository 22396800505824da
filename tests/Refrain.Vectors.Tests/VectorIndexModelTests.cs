using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Vectors.Tests;

/// <summary>Any sequence of operations leaves the index as a brute-force model has it.</summary>
public sealed class VectorIndexModelTests
{
    private const int Dimensions = 64;

    private static float[] VectorOf(int key, int version) => TestVectors.Unit(new Random(key * 100 + version), Dimensions);

    [Fact]
    public void Any_sequence_of_operations_agrees_with_a_brute_force_model()
    {
        var operation = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 30], Gen.Int[0, 9]);
        operation.Array[1, 60].Sample(operations =>
        {
            var time = new FakeTimeProvider();
            var options = new VectorIndexOptions { Dimensions = Dimensions, TimeProvider = time, ExtentSlotCount = 16, FlushInterval = TimeSpan.FromDays(1) };
            string path = TestVectors.TempPath();
            var model = new Dictionary<(int Space, int Key), (int Version, DateTimeOffset? Expires)>();
            var index = VectorIndex.Open(path, options);
            try
            {
                foreach ((int kind, int space, int key, int version) in operations)
                {
                    switch (kind)
                    {
                        case <= 4:
                            DateTimeOffset? expires = version > 6 ? time.GetUtcNow() + TimeSpan.FromSeconds(version) : null;
                            index.Add((UInt128)(uint)space, (UInt128)(uint)key, VectorOf(key, version), expires);
                            model[(space, key)] = (version, expires);
                            break;
                        case 5:
                            index.Remove((UInt128)(uint)space, (UInt128)(uint)key);
                            model.Remove((space, key));
                            break;
                        case 6:
                            time.Advance(TimeSpan.FromSeconds(version));
                            break;
                        case 7:
                            index.Dispose();
                            index = VectorIndex.Open(path, options);
                            break;
                        case 8 when version == 0:
                            index.RemoveNamespace((UInt128)(uint)space);
                            foreach ((int Space, int Key) gone in model.Keys.Where(entry => entry.Space == space).ToArray())
                                model.Remove(gone);
                            break;
                        default:
                            AssertAgrees(index, model, time.GetUtcNow(), space, VectorOf(key, version));
                            break;
                    }
                }
                for (int space = 0; space < 3; space++)
                    for (int key = 0; key < 30; key += 7)
                        AssertAgrees(index, model, time.GetUtcNow(), space, VectorOf(key, 1));
            }
            finally
            {
                index.Dispose();
            }
        }, iter: 150);
    }

    private static void AssertAgrees(
        VectorIndex index, Dictionary<(int Space, int Key), (int Version, DateTimeOffset? Expires)> model, DateTimeOffset now, int space, float[] query)
    {
        double[] truth = [.. model.Where(entry => entry.Key.Space == space && (entry.Value.Expires is not { } expires || expires > now))
            .Select(entry => TestVectors.Cosine(query, VectorOf(entry.Key.Key, entry.Value.Version))).OrderDescending()];
        var matches = new VectorMatch[5];
        int count = index.Find((UInt128)(uint)space, query, matches);
        Assert.Equal(Math.Min(5, truth.Length), count);
        for (int i = 0; i < count; i++)
            Assert.Equal(truth[i], matches[i].Similarity, 1e-3);
        Assert.Equal(truth.Length > 0 && truth[0] > 0.9, index.TryFind((UInt128)(uint)space, query, 0.9f, out _));
    }
}
