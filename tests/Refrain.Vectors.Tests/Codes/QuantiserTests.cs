namespace Refrain.Vectors.Tests;

/// <summary>What the stored bits of a vector say about its cosine to another.</summary>
public sealed unsafe class QuantiserTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(200)]
    [InlineData(1024)]
    public void A_stored_vector_is_one_long_in_its_own_direction(int dimensions)
    {
        var random = new Random(61);
        for (int round = 0; round < 50; round++)
        {
            float[] vector = TestVectors.Unit(random, dimensions);
            Assert.Equal(1, Similarity(vector, vector), 2e-6f);
        }
    }

    // Goal: the bound that the documentation gives. Method: pairs at known cosines; the standard deviation of the error is at most a fourth of the bound, and shrinks with the angle.
    [Theory]
    [InlineData(64)]
    [InlineData(320)]
    [InlineData(1024)]
    public void A_similarity_is_off_by_less_the_nearer_two_vectors_are(int dimensions)
    {
        const int PairCount = 4000;
        var random = new Random(62);
        foreach (float cosine in new[] { 0.999f, 0.95f, 0.7f, 0f })
        {
            double bound = 0.009 * Math.Sqrt(1 - cosine * cosine) / Math.Sqrt(dimensions), squares = 0;
            int beyond = 0;
            for (int pair = 0; pair < PairCount; pair++)
            {
                float[] stored = TestVectors.Unit(random, dimensions), query = TestVectors.At(random, stored, cosine);
                double error = Similarity(query, stored) - query.Zip(stored, (a, b) => (double)a * b).Sum();
                squares += error * error;
                beyond += Math.Abs(error) > bound + 2e-6 ? 1 : 0;
            }
            Assert.True(Math.Sqrt(squares / PairCount) < bound / 4 + 1e-6, $"at {cosine}: {Math.Sqrt(squares / PairCount)} of {bound}");
            Assert.InRange(beyond, 0, PairCount / 1000);
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(200)]
    [InlineData(1024)]
    public void All_bits_decode_to_what_is_compared_and_the_bytes_alone_to_nearly_the_same(int dimensions)
    {
        var random = new Random(63);
        float[] vector = TestVectors.Unit(random, dimensions);
        var stored = new Stored(vector);
        float[] fine = new float[stored.Length], coarse = new float[stored.Length];
        fixed (byte* code = stored.Code, rest = stored.Rest)
        fixed (float* fineValues = fine, coarseValues = coarse)
        {
            Quantiser.DecodeFine(code, rest, stored.Scale, fineValues, stored.Length);
            Quantiser.Decode(code, stored.Scale, coarseValues, stored.Length);
        }
        for (int i = 0; i < stored.Length; i++)
        {
            float number = i < dimensions ? vector[i] : 0;
            Assert.Equal(number, fine[i], 0.2f * stored.Scale);
            Assert.Equal(number, coarse[i], 0.7f * stored.Scale);
        }
        float[] query = TestVectors.Unit(random, dimensions);
        Assert.Equal(query.Zip(fine, (a, b) => (double)a * b).Sum(), Similarity(query, vector), 1e-6);
    }

    private static float Similarity(float[] query, float[] vector)
    {
        var stored = new Stored(vector);
        float[] padded = new float[stored.Length];
        query.CopyTo(padded, 0);
        fixed (byte* code = stored.Code, rest = stored.Rest)
        fixed (float* values = padded)
            return Quantiser.FineDot(values, code, rest, stored.Scale, stored.Length);
    }

    private sealed class Stored
    {
        public Stored(float[] vector)
        {
            Length = Quantiser.LengthOf(vector.Length);
            Code = new byte[Length];
            Rest = new byte[Length / Quantiser.RestsPerByte];
            float[] padded = new float[Length];
            vector.CopyTo(padded, 0);
            fixed (byte* code = Code, rest = Rest)
            fixed (float* values = padded)
                Scale = Quantiser.Encode(values, code, rest, Length);
        }

        public int Length { get; }

        public byte[] Code { get; }

        public byte[] Rest { get; }

        public float Scale { get; }
    }
}
