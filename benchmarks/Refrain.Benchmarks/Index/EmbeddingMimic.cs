using System.Numerics.Tensors;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>
/// Makes vectors that resemble text embeddings: clusters in a subspace whose spectrum decays, around a mean that all have in common. The same seed makes the same vectors.
/// </summary>
internal sealed class EmbeddingMimic
{
    private readonly Random _random;
    private readonly int _dimensions;
    private readonly Rotation _rotation;
    private readonly float[] _spectrum;
    private readonly float[] _common;
    private readonly float _meanNorm;

    /// <param name="dimensions">Numbers in a vector.</param>
    /// <param name="meanSquare">m²: the share that all vectors have in common.</param>
    /// <param name="seed">What chance is drawn from.</param>
    public EmbeddingMimic(int dimensions, double meanSquare, int seed)
    {
        _random = new Random(seed);
        _dimensions = dimensions;
        _rotation = new Rotation(dimensions, (ulong)seed);
        // About 20 directions hold half of the variance: the local dimensionality of real text.
        _spectrum = [.. Enumerable.Range(0, dimensions).Select(i => 1 / (1 + i / 20f))];
        _meanNorm = (float)Math.Sqrt(meanSquare);
        _common = Direction();
    }

    /// <summary>The plain variant: clusters of about fifty.</summary>
    public VectorSet Clusters(int count)
    {
        VectorSet set = New(count);
        Fill(set, 0, count);
        return set;
    }

    /// <summary>Fills a part of a set with clusters of about fifty.</summary>
    public void Fill(VectorSet set, int first, int end)
    {
        const float Spread = 0.75f;
        float[][] centres = [.. Enumerable.Range(0, Math.Max(1, (end - first) / 50)).Select(_ => Direction())];
        for (int i = first; i < end; i++)
            Place(set.Writable(i), centres[_random.Next(centres.Length)], Spread);
    }

    /// <summary>The dense variant: a third of the vectors in families of eight near-duplicates.</summary>
    public VectorSet Dense(int count)
    {
        VectorSet set = Clusters(count);
        for (int i = 0; i < count / 3; i++)
            if (i % 8 != 0)
                At(set[i - i % 8], 0.90 + 0.08 * _random.NextDouble(), set.Writable(i));
        Shuffle(set);
        return set;
    }

    /// <summary>The template variant: a fifth of the vectors from twenty sentences with two slots.</summary>
    public VectorSet Templates(int count)
    {
        const int SentenceCount = 20;
        VectorSet set = Clusters(count);
        float[][] sentences = [.. Enumerable.Range(0, SentenceCount).Select(_ => Direction())];
        float[][] words = [.. Enumerable.Range(0, 200).Select(_ => Direction())];
        for (int i = 0; i < count / 5; i++)
        {
            Span<float> vector = set.Writable(i);
            TensorPrimitives.MultiplyAdd(words[_random.Next(words.Length)], 0.18f, sentences[_random.Next(SentenceCount)], vector);
            TensorPrimitives.MultiplyAdd(words[_random.Next(words.Length)], 0.18f, vector, vector);
            TensorPrimitives.MultiplyAdd(Direction(), 0.05f, vector, vector);
            Shift(vector);
        }
        Shuffle(set);
        return set;
    }

    /// <summary>Writes a vector of length 1 at exactly the given cosine to another, in a direction that the others take too.</summary>
    public void At(ReadOnlySpan<float> vector, double similarity, Span<float> target)
    {
        float[] direction = Direction();
        TensorPrimitives.MultiplyAdd(vector, -TensorPrimitives.Dot<float>(direction, vector), direction, direction);
        VectorSet.Normalise(direction);
        TensorPrimitives.Multiply(vector, (float)similarity, target);
        TensorPrimitives.MultiplyAdd(direction, (float)Math.Sqrt(1 - similarity * similarity), target, target);
        VectorSet.Normalise(target);
    }

    public VectorSet New(int count) => new(new float[(long)count * _dimensions], _dimensions);

    /// <summary>A random direction of the spectrum.</summary>
    private float[] Direction()
    {
        var direction = new float[_dimensions];
        for (int i = 0; i < _dimensions; i += 2)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * _random.NextDouble());
            direction[i] = (float)(radius * sine) * _spectrum[i];
            if (i + 1 < _dimensions)
                direction[i + 1] = (float)(radius * cosine) * _spectrum[i + 1];
        }
        var rotated = new float[_rotation.PaddedDimensions];
        _rotation.Apply(direction, rotated);
        Array.Resize(ref rotated, _dimensions);
        VectorSet.Normalise(rotated);
        return rotated;
    }

    private void Place(Span<float> vector, float[] centre, float spread)
    {
        TensorPrimitives.MultiplyAdd(Direction(), spread, centre, vector);
        Shift(vector);
    }

    /// <summary>Makes a vector one long, of which the common part is m.</summary>
    private void Shift(Span<float> vector)
    {
        VectorSet.Normalise(vector);
        if (_meanNorm > 0)
        {
            TensorPrimitives.Multiply(vector, MathF.Sqrt(1 - _meanNorm * _meanNorm), vector);
            TensorPrimitives.MultiplyAdd(_common, _meanNorm, vector, vector);
            VectorSet.Normalise(vector);
        }
    }

    private void Shuffle(VectorSet set)
    {
        float[] held = new float[_dimensions];
        for (int i = set.Count - 1; i > 0; i--)
        {
            int j = _random.Next(i + 1);
            set[i].CopyTo(held);
            set[j].CopyTo(set.Writable(i));
            held.CopyTo(set.Writable(j));
        }
    }
}
