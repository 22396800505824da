namespace Refrain.Vectors;

/// <summary>The one door that vectors from outside pass.</summary>
internal static class VectorCheck
{
    /// <summary>Smallest length of a vector that is taken for a direction.</summary>
    public const float NormMin = 1e-12f;

    /// <summary>Greatest length of a vector that is taken for a direction.</summary>
    public const float NormMax = 1e12f;

    /// <summary>Refuses a vector of another space.</summary>
    /// <param name="vector">Any floats.</param>
    /// <param name="dimensions">How many there must be.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public static void ThrowIfNotOf(ReadOnlySpan<float> vector, int dimensions)
    {
        if (vector.Length != dimensions)
            throw new ArgumentException($"The vector has {vector.Length} dimensions; the index has {dimensions}.", nameof(vector));
    }

    /// <summary>Refuses a vector that has no direction.</summary>
    /// <param name="vector">Any floats.</param>
    /// <param name="squares">The sum of their squares.</param>
    /// <returns>Its length, in [<see cref="NormMin"/>, <see cref="NormMax"/>].</returns>
    /// <exception cref="ArgumentException">NaN, infinity, or a length out of range.</exception>
    public static float Norm(ReadOnlySpan<float> vector, float squares)
    {
        // Written so that NaN fails too.
        if (!(squares >= NormMin * NormMin && squares <= NormMax * NormMax))
            throw new ArgumentException(
                $"The vector has no usable length (the squares of its {vector.Length} numbers add up to {squares}): every number must be finite, and the length in [{NormMin}, {NormMax}].", nameof(vector));
        return MathF.Sqrt(squares);
    }
}
