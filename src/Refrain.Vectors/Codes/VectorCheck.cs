namespace Refrain.Vectors;

/// <summary>The one door that vectors from outside pass.</summary>
internal static class VectorCheck
{
    /// <summary>Smallest length of a vector that is taken for a direction.</summary>
    public const float NormMin = 1e-12f;

    /// <summary>Greatest length of a vector that is taken for a direction.</summary>
    public const float NormMax = 1e12f;

    /// <summary>Refuses a vector that has no direction.</summary>
    /// <param name="vector">Any floats.</param>
    /// <param name="dimensions">How many there must be.</param>
    /// <returns>The length of the vector, in [<see cref="NormMin"/>, <see cref="NormMax"/>].</returns>
    /// <exception cref="ArgumentException">Wrong number of dimensions, NaN, infinity, or a length out of range.</exception>
    public static float Norm(ReadOnlySpan<float> vector, int dimensions)
    {
        if (vector.Length != dimensions)
            throw new ArgumentException($"The vector has {vector.Length} dimensions; the index has {dimensions}.", nameof(vector));
        float squares = FloatLoops.SumOfSquares(vector);
        // Written so that NaN fails too.
        if (!(squares >= NormMin * NormMin && squares <= NormMax * NormMax))
            throw new ArgumentException(
                $"The vector has no usable length (sum of squares {squares}): every number must be finite, and the length in [{NormMin}, {NormMax}].", nameof(vector));
        return MathF.Sqrt(squares);
    }
}
