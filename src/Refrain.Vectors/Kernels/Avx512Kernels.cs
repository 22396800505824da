using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>Loops with 512-bit vectors.</summary>
internal static unsafe class Avx512Kernels
{
    public const string Name = "Avx512BW";

    public static bool IsSupported => Avx512BW.IsSupported;

    /// <inheritdoc cref="Kernel.DotCodes"/>
    /// <remarks>Widens to 16 bits first: the instruction that multiplies bytes saturates its sums of two.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int DotCodes(byte* code, sbyte* query, int length)
    {
        Vector512<int> sum0 = Vector512<int>.Zero, sum1 = sum0;
        for (int i = 0; i < length; i += 64)
        {
            Vector512<short> code0 = Avx512BW.ConvertToVector512Int16(Vector256.Load(code + i));
            Vector512<short> code1 = Avx512BW.ConvertToVector512Int16(Vector256.Load(code + i + 32));
            sum0 += Avx512BW.MultiplyAddAdjacent(code0, Avx512BW.ConvertToVector512Int16(Vector256.Load(query + i)));
            sum1 += Avx512BW.MultiplyAddAdjacent(code1, Avx512BW.ConvertToVector512Int16(Vector256.Load(query + i + 32)));
        }
        return Vector512.Sum(sum0 + sum1);
    }

    /// <inheritdoc cref="Kernel.Hadamard"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hadamard(float* values, int length, int first)
    {
        // Three strides a pass: a third of the loads and stores of one at a time.
        int stride = 16;
        if (first == 1 && length >= 8 * stride)
        {
            for (int i = 0; i < length; i += 8 * stride)
                Eight(values + i, stride, within: true);
            stride *= 8;
        }
        else if (first == 1)
        {
            for (int i = 0; i < length; i += 16)
                Within(Vector512.Load(values + i)).Store(values + i);
        }
        for (; stride * 8 <= length; stride *= 8)
            for (int block = 0; block < length; block += stride * 8)
                for (int i = block; i < block + stride; i += 16)
                    Eight(values + i, stride, within: false);
        for (; stride < length; stride *= 2)
            for (int block = 0; block < length; block += stride * 2)
                for (int i = block; i < block + stride; i += 16)
                {
                    Vector512<float> a = Vector512.Load(values + i), b = Vector512.Load(values + i + stride);
                    (a + b).Store(values + i);
                    (a - b).Store(values + i + stride);
                }
    }

    /// <summary>Three strides among eight vectors, after the four inside each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(float* values, int stride, [ConstantExpected] bool within)
    {
        Vector512<float> a = Vector512.Load(values), b = Vector512.Load(values + stride), c = Vector512.Load(values + 2 * stride), d = Vector512.Load(values + 3 * stride);
        Vector512<float> e = Vector512.Load(values + 4 * stride), f = Vector512.Load(values + 5 * stride), g = Vector512.Load(values + 6 * stride), h = Vector512.Load(values + 7 * stride);
        if (within)
        {
            (a, b, c, d) = (Within(a), Within(b), Within(c), Within(d));
            (e, f, g, h) = (Within(e), Within(f), Within(g), Within(h));
        }
        (a, b, c, d) = (a + b, a - b, c + d, c - d);
        (e, f, g, h) = (e + f, e - f, g + h, g - h);
        (a, b, c, d) = (a + c, b + d, a - c, b - d);
        (e, f, g, h) = (e + g, f + h, e - g, f - h);
        (a + e).Store(values);
        (b + f).Store(values + stride);
        (c + g).Store(values + 2 * stride);
        (d + h).Store(values + 3 * stride);
        (a - e).Store(values + 4 * stride);
        (b - f).Store(values + 5 * stride);
        (c - g).Store(values + 6 * stride);
        (d - h).Store(values + 7 * stride);
    }

    /// <summary>The four strides inside one vector: each lane gets its partner, and the upper lane of a pair its own sign turned.</summary>
    /// <remarks>A product with 1 or -1 is exact, so that the fused form rounds where an addition does.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Within(Vector512<float> v)
    {
        v = Vector512.FusedMultiplyAdd(v, Vector512.Create(1f, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1),
            Vector512.Shuffle(v, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)));
        v = Vector512.FusedMultiplyAdd(v, Vector512.Create(1f, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1),
            Vector512.Shuffle(v, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)));
        v = Vector512.FusedMultiplyAdd(v, Vector512.Create(1f, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1),
            Vector512.Shuffle(v, Vector512.Create(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)));
        return Vector512.FusedMultiplyAdd(v, Vector512.Create(1f, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1),
            Vector512.Shuffle(v, Vector512.Create(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)));
    }
}
