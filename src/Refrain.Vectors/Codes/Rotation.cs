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

    // From here on the first round mixes every sixteenth number only, 32 of them at least: the second mixes what is left, and half of a transform's time is saved.
    private const int PartLengthMin = 512;

    private readonly int _transformLength;
    private readonly int _firstStride;
    private readonly NativeBlock _factors;
    private readonly int _roundCount;

    /// <param name="dimensions">Numbers in a vector.</param>
    /// <param name="seed">The same seed and dimension give the same rotation on every machine.</param>
    public Rotation(int dimensions, ulong seed)
    {
        Dimensions = dimensions;
        PaddedDimensions = Quantiser.LengthOf(dimensions);
        ExtraCount = dimensions >= ProjectionCountMin ? 0 : (ProjectionCountMin + dimensions - 1) / dimensions - 1;
        _transformLength = 1 << System.Numerics.BitOperations.Log2((uint)dimensions);
        _firstStride = _transformLength < PartLengthMin ? 1 : FloatLoops.LaneCount;
        _roundCount = 2 + ExtraCount;
        _factors = new NativeBlock((long)_roundCount * PaddedDimensions * sizeof(float));
        var factors = (float*)_factors.Pointer;
        ulong state = seed;
        for (int round = 0; round < _roundCount; round++)
            for (int i = 0; i < dimensions; i++)
            {
                float factor = i < _transformLength ? ScaleOf(round) : 1;
                factors[round * PaddedDimensions + i] = (Next(ref state) & 1) == 0 ? factor : -factor;
            }
    }

    public int Dimensions { get; }

    /// <summary>Floats a buffer needs: as many as a code has bytes; those beyond <see cref="Dimensions"/> are zero.</summary>
    public int PaddedDimensions { get; }

    /// <summary>Further rotations that it takes to have enough projections.</summary>
    public int ExtraCount { get; }

    /// <summary>Checks a vector, makes it one long, and rotates it.</summary>
    /// <param name="source"><see cref="Dimensions"/> floats.</param>
    /// <param name="vector">Room for <see cref="PaddedDimensions"/> floats; the padding becomes zero. Worth nothing after an exception.</param>
    /// <exception cref="ArgumentException">See <see cref="VectorCheck"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(ReadOnlySpan<float> source, float* vector)
    {
        VectorCheck.ThrowIfNotOf(source, Dimensions);
        float norm;
        fixed (float* values = source)
        {
            Kernel.PrefetchRange((byte*)values, Dimensions * sizeof(float));
            norm = VectorCheck.Norm(source, FloatLoops.MultiplyAndSquare(values, (float*)_factors.Pointer, vector, Dimensions));
        }
        new Span<float>(vector + Dimensions, PaddedDimensions - Dimensions).Clear();
        Transform(vector, 0);
        FloatLoops.Multiply(vector, 1 / norm, (float*)_factors.Pointer + PaddedDimensions, PaddedDimensions);
        Transform(vector, 1);
    }

    /// <inheritdoc cref="Apply(ReadOnlySpan{float}, float*)"/>
    /// <param name="source"><see cref="Dimensions"/> floats.</param>
    /// <param name="target">Room for <see cref="PaddedDimensions"/> floats; the padding becomes zero.</param>
    public void Apply(ReadOnlySpan<float> source, Span<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, PaddedDimensions);
        fixed (float* values = target)
            Apply(source, values);
    }

    /// <summary>Undoes the rotation, up to rounding.</summary>
    public void Undo(float* vector)
    {
        UndoRound(vector, 1);
        UndoRound(vector, 0);
    }

    /// <summary>Rotates a rotated vector once more.</summary>
    /// <param name="vector">The rotated vector, overwritten.</param>
    /// <param name="extra">Which further rotation: 0 to <see cref="ExtraCount"/> - 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ApplyExtra(float* vector, int extra)
    {
        int round = 2 + extra;
        FloatLoops.Multiply(vector, 1, (float*)_factors.Pointer + round * PaddedDimensions, PaddedDimensions);
        Transform(vector, round);
    }

    /// <summary>SplitMix64: the numbers that the signs are drawn from.</summary>
    internal static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    private int StrideOf(int round) => round == 0 ? _firstStride : 1;

    private float ScaleOf(int round) => 1 / MathF.Sqrt(_transformLength / StrideOf(round));

    private void Transform(float* vector, int round)
    {
        Kernel.Hadamard(vector, _transformLength, StrideOf(round));
        if (Dimensions == _transformLength)
            return;
        float* tail = vector + Dimensions - _transformLength;
        FloatLoops.Scale(tail, ScaleOf(round), tail, _transformLength);
        Kernel.Hadamard(tail, _transformLength, StrideOf(round));
    }

    private void UndoRound(float* vector, int round)
    {
        if (Dimensions != _transformLength)
        {
            float* tail = vector + Dimensions - _transformLength;
            Kernel.Hadamard(tail, _transformLength, StrideOf(round));
            FloatLoops.Scale(tail, ScaleOf(round), tail, _transformLength);
        }
        Kernel.Hadamard(vector, _transformLength, StrideOf(round));
        FloatLoops.Multiply(vector, 1, (float*)_factors.Pointer + round * PaddedDimensions, PaddedDimensions);
    }
}
