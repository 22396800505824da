using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// In how many signs a stored vector may differ from the query and still lie within the angle: from both distances to the mean follows the angle seen from there,
/// from the angle the mean and spread of the number of differing signs.
/// </summary>
internal sealed class HammingLimits
{
    /// <summary>Standard deviations that are let through: of a hundred thousand vectors at the very edge, two are lost.</summary>
    private const double Deviations = 4.2;

    private const int Never = -1;
    private const int Turn = 1 << 16;

    private static readonly short[] LimitOfCosine = [.. Enumerable.Range(0, 257).Select(i => Limit(Math.Acos(Math.Clamp((i - 0.5) / 128 - 1, -1, 1))))];

    private readonly int[] _limits = new int[256]; // The number of the reset beside each limit: so they need not be cleared.
    private int _reset;
    private float _norm;
    private float _squareBase;

    /// <summary>The most signs in which any vector within the angle may differ, wherever it lies.</summary>
    public int Greatest { get; private set; }

    /// <summary>Sets what is looked for.</summary>
    /// <param name="norm">The query's distance from the mean.</param>
    /// <param name="distanceSquare">2 − 2τ: the square of the greatest distance between query and stored vector.</param>
    public void Reset(float norm, float distanceSquare)
    {
        _norm = norm;
        _squareBase = norm * norm - distanceSquare;
        _reset = unchecked(_reset + Turn);
        if (_reset == 0)
        {
            _limits.AsSpan().Clear();
            _reset = Turn;
        }
        // The widest angle is a tangent's; one step of the table more, for rounding.
        Greatest = _squareBase <= 0 ? HammingKernels.SignCount : LimitOfCosine[Math.Max((int)((MathF.Min(MathF.Sqrt(_squareBase) / norm, 1) + 1) * 128) - 1, 0)];
    }

    /// <summary>Whether a stored vector may lie within the angle.</summary>
    /// <param name="distance">In how many signs it differs.</param>
    /// <param name="normByte">Last byte of its sketch.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Allow(int distance, byte normByte)
    {
        if (distance > Greatest)
            return false;
        int limit = _limits[normByte] ^ _reset;
        return distance <= ((uint)limit <= ushort.MaxValue ? (short)limit : Compute(normByte));
    }

    /// <returns>The most signs that may differ; negative if the vector lies too far in or out whatever its signs.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Compute(byte normByte)
    {
        float norm = MathF.Max(normByte * Sketches.NormStep, Sketches.NormStep);
        float cosine = (_squareBase + norm * norm) / (2 * _norm * norm);
        // The byte is rounded: half a step either way may bring an impossible pair back into reach.
        float slack = Sketches.NormStep / MathF.Min(norm, _norm);
        int limit = cosine > 1 + slack ? Never : LimitOfCosine[(int)((Math.Clamp(cosine, -1, 1) + 1) * 128)];
        _limits[normByte] = _reset | (ushort)limit;
        return limit;
    }

    private static short Limit(double angle)
    {
        double share = angle / Math.PI;
        return (short)Math.Min(HammingKernels.SignCount, HammingKernels.SignCount * share + Deviations * Math.Sqrt(HammingKernels.SignCount * share * (1 - share)) + 2);
    }
}
