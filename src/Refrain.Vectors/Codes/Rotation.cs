using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// A random rotation: two rounds of random signs and a fast Hadamard transform. It spreads what a few coordinates hold over all of them,
/// so that a few bits a number suffice. Where the dimension is no power of two, two overlapping transforms make a round.
/// </summary>
internal sealed unsafe class Rotation
{
    /// <summary>Fewest projections: spaces with fewer dimensions are rotated several times.</summary>
    public const int ProjectionCountMin = 512;

    private readonly int _transformLength;
    private readonly float _transformScale;
    private readonly NativeBlock _factors;
    private readonly int _roundCount;

    /// <param name="dimensions">Numbers in a vector.</param>
    /// <param name="seed">The same seed and dimension give the same rotation on every machine.</param>
    public Rotation(int dimensions, ulong seed)
    {
        Dimensions = dimensions;
        PaddedDimensions = (dimensions + FloatLoops.LaneCount - 1) / FloatLoops.LaneCount * FloatLoops.LaneCount;
        ExtraCount = dimensions >= ProjectionCountMin ? 0 : (ProjectionCountMin + dimensions - 1) / dimensions - 1;
        _transformLength = 1 << System.Numerics.BitOperations.Log2((uint)dimensions);
        _transformScale = 1 / MathF.Sqrt(_transformLength);
        _roundCount = 2 + ExtraCount;
        _factors = new NativeBlock((long)_roundCount * PaddedDimensions * sizeof(float));
        var factors = (float*)_factors.Pointer;
        ulong state = seed;
        for (int round = 0; round < _roundCount; round++)
            for (int i = 0; i < dimensions; i++)
            {
                float factor = i < _transformLength ? _transformScale : 1;
                factors[round * PaddedDimensions + i] = (Next(ref state) & 1) == 0 ? factor : -factor;
            }
    }

    public int Dimensions { get; }

    /// <summary>Floats a buffer needs: <see cref="Dimensions"/> rounded up, the rest zero.</summary>
    public int PaddedDimensions { get; }

    /// <summary>Further rotations that it takes to have enough projections.</summary>
    public int ExtraCount { get; }

    /// <summary>Rotates a vector and multiplies it with a number.</summary>
    /// <param name="source"><see cref="Dimensions"/> floats.</param>
    /// <param name="factor">The number.</param>
    /// <param name="vector"><see cref="PaddedDimensions"/> floats; the padding becomes zero.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(ReadOnlySpan<float> source, float factor, float* vector)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(source.Length, Dimensions);
        // The last step of the loop may touch the padding, and what an earlier use left there.
        fixed (float* values = source)
            FloatLoops.Multiply(values, factor, (float*)_factors.Pointer, vector, Dimensions);
        new Span<float>(vector + Dimensions, PaddedDimensions - Dimensions).Clear();
        Transform(vector);
        Round(vector, 1);
    }

    /// <summary>Rotates.</summary>
    /// <param name="source"><see cref="Dimensions"/> floats.</param>
    /// <param name="target">Room for <see cref="PaddedDimensions"/> floats; the padding becomes zero.</param>
    public void Apply(ReadOnlySpan<float> source, Span<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, PaddedDimensions);
        fixed (float* values = target)
            Apply(source, 1, values);
    }

    /// <summary>Undoes <see cref="Apply(ReadOnlySpan{float}, float, float*)"/>, up to rounding.</summary>
    public void Undo(float* vector)
    {
        UndoRound(vector, 1);
        UndoRound(vector, 0);
    }

    /// <summary>Rotates a rotated vector once more.</summary>
    /// <param name="vector">The rotated vector, overwritten.</param>
    /// <param name="extra">Which further rotation: 0 to <see cref="ExtraCount"/> - 1.</param>
    public void ApplyExtra(float* vector, int extra) => Round(vector, 2 + extra);

    /// <summary>SplitMix64: the numbers that the signs are drawn from.</summary>
    internal static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Round(float* vector, int round)
    {
        FloatLoops.Multiply(vector, (float*)_factors.Pointer + round * PaddedDimensions, PaddedDimensions);
        Transform(vector);
    }

    private void Transform(float* vector)
    {
        Kernel.Hadamard(vector, _transformLength);
        if (Dimensions == _transformLength)
            return;
        float* tail = vector + Dimensions - _transformLength;
        FloatLoops.Scale(tail, _transformScale, tail, _transformLength);
        Kernel.Hadamard(tail, _transformLength);
    }

    private void UndoRound(float* vector, int round)
    {
        if (Dimensions != _transformLength)
        {
            float* tail = vector + Dimensions - _transformLength;
            Kernel.Hadamard(tail, _transformLength);
            FloatLoops.Scale(tail, _transformScale, tail, _transformLength);
        }
        Kernel.Hadamard(vector, _transformLength);
        FloatLoops.Multiply(vector, (float*)_factors.Pointer + round * PaddedDimensions, PaddedDimensions);
    }
}
