namespace Refrain;

/// <summary>An embedding as entries carry it: of length one, as 16-bit floats.</summary>
/// <remarks>16-bit floats, not int8: the index quantises anyway when it is rebuilt, and two roundings would move texts across the threshold.</remarks>
internal sealed class StoredEmbedding
{
    private readonly Half[] _numbers;

    internal StoredEmbedding(ulong spaceDigest, Half[] numbers)
    {
        SpaceDigest = spaceDigest;
        _numbers = numbers;
    }

    /// <summary>Digest of the space it belongs to.</summary>
    internal ulong SpaceDigest { get; }

    internal ReadOnlySpan<Half> Numbers => _numbers;

    internal int Dimensions => _numbers.Length;

    /// <summary>Takes over a vector of finite numbers that are not all zero.</summary>
    internal static StoredEmbedding Of(ReadOnlySpan<float> vector, ulong spaceDigest)
    {
        double squares = 0;
        foreach (float number in vector)
            squares += (double)number * number;
        double scale = 1 / Math.Sqrt(squares);
        var numbers = new Half[vector.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = (Half)(vector[i] * scale);
        return new StoredEmbedding(spaceDigest, numbers);
    }

    internal float[] ToFloats() => Array.ConvertAll(_numbers, static number => (float)number);
}
