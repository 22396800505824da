using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Refrain.Benchmarks;

/// <summary>Vectors of length 1, one after the other.</summary>
/// <param name="values">Count · dimensions floats.</param>
/// <param name="dimensions">Numbers in a vector.</param>
internal sealed class VectorSet(float[] values, int dimensions)
{
    public int Dimensions => dimensions;

    public int Count => values.Length / dimensions;

    public ReadOnlySpan<float> this[int i] => values.AsSpan(i * dimensions, dimensions);

    public Span<float> Writable(int i) => values.AsSpan(i * dimensions, dimensions);

    /// <summary>Writes the floats as they are.</summary>
    public void Save(string path) => File.WriteAllBytes(path, MemoryMarshal.AsBytes(values.AsSpan()));

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
