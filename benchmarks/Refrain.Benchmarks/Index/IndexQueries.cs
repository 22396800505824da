using System.Numerics.Tensors;

namespace Refrain.Benchmarks;

/// <summary>Queries about a set of vectors, and the truth about them, by their floats.</summary>
/// <param name="vectors">What is stored.</param>
/// <param name="mimic">Where directions come from; null: from other stored vectors, as in real text.</param>
internal sealed class IndexQueries(VectorSet vectors, EmbeddingMimic? mimic)
{
    /// <summary>Queries at a known cosine to a stored vector.</summary>
    public VectorSet Planted(int count, Func<int, double> similarity, int seed)
    {
        var queries = new VectorSet(new float[(long)count * vectors.Dimensions], vectors.Dimensions);
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
            Plant(vectors[random.Next(vectors.Count)], similarity(i), queries.Writable(i), random);
        return queries;
    }

    /// <summary>Those queries whose nearest vector is farther than the angle.</summary>
    public static VectorSet Beyond(VectorSet queries, float[] truth, float tau)
    {
        int[] far = [.. Enumerable.Range(0, queries.Count).Where(i => truth[i] < tau)];
        var kept = new VectorSet(new float[(long)far.Length * queries.Dimensions], queries.Dimensions);
        for (int i = 0; i < far.Length; i++)
            queries[far[i]].CopyTo(kept.Writable(i));
        return kept;
    }

    /// <summary>The similarity of each query's nearest vector.</summary>
    public float[] Truth(VectorSet queries)
    {
        var truth = new float[queries.Count];
        Parallel.For(0, truth.Length, i => truth[i] = vectors.Nearest(queries[i]).Similarity);
        return truth;
    }

    private void Plant(ReadOnlySpan<float> vector, double similarity, Span<float> query, Random random)
    {
        if (mimic is not null)
        {
            mimic.At(vector, similarity, query);
            return;
        }

        Span<float> direction = new float[vectors.Dimensions];
        float along, norm;
        do
        {
            vectors[random.Next(vectors.Count)].CopyTo(direction);
            along = TensorPrimitives.Dot(direction, vector);
            TensorPrimitives.MultiplyAdd(vector, -along, direction, direction);
            norm = TensorPrimitives.Norm<float>(direction);
        }
        while (norm < 0.05f);
        TensorPrimitives.Multiply(direction, (float)Math.Sqrt(1 - (similarity * similarity)) / norm, direction);
        TensorPrimitives.MultiplyAdd(vector, (float)similarity, direction, query);
        VectorSet.Normalise(query);
    }
}
