using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Refrain.Benchmarks;

/// <summary>Vectors of length 1, one after the other.</summary>
/// <param name="values">Count · dimensions floats, or more.</param>
/// <param name="dimensions">Numbers in a vector.</param>
/// <param name="count">How many of them; null for all.</param>
internal sealed class VectorSet(float[] values, int dimensions, int? count = null)
{
    public int Dimensions => dimensions;

    public int Count { get; } = count ?? values.Length / dimensions;

    public ReadOnlySpan<float> this[int i] => values.AsSpan(i * dimensions, dimensions);

    public Span<float> Writable(int i) => values.AsSpan(i * dimensions, dimensions);

    /// <summary>The first of them, in the same memory.</summary>
    public VectorSet First(int count) => new(values, dimensions, count);

    /// <summary>Writes the floats as they are.</summary>
    public void Save(string path)
    {
        using FileStream file = File.Create(path);
        for (int i = 0; i < Count; i++)
            file.Write(MemoryMarshal.AsBytes(this[i]));
    }

    /// <summary>The nearest vector to a query, by its floats: the truth.</summary>
    public (int Id, float Similarity) Nearest(ReadOnlySpan<float> query)
    {
        (int Id, float Similarity) best = (-1, float.NegativeInfinity);
        for (int i = 0; i < Count; i++)
        {
            float similarity = TensorPrimitives.Dot(query, this[i]);
            if (similarity > best.Similarity)
                best = (i, similarity);
        }

        return best;
    }

    public static void Normalise(Span<float> vector)
    {
        float norm = TensorPrimitives.Norm(vector);
        TensorPrimitives.Divide(vector, norm, vector);
    }
}
