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
    public static void Hadamard(float* values, int length)
    {
        for (int i = 0; i < length; i += 16)
            Within(Vector512.Load(values + i)).Store(values + i);
        // Two strides a pass: half the loads and stores of one at a time.
        int stride = 16;
        for (; stride * 4 <= length; stride *= 4)
            for (int block = 0; block < length; block += stride * 4)
                for (int i = block; i < block + stride; i += 16)
                {
                    Vector512<float> a = Vector512.Load(values + i), b = Vector512.Load(values + i + stride);
                    Vector512<float> c = Vector512.Load(values + i + 2 * stride), d = Vector512.Load(values + i + 3 * stride);
                    Vector512<float> ab = a + b, ad = a - b, cd = c + d, cc = c - d;
                    (ab + cd).Store(values + i);
                    (ad + cc).Store(values + i + stride);
                    (ab - cd).Store(values + i + 2 * stride);
                    (ad - cc).Store(values + i + 3 * stride);
                }
        if (stride >= length)
            return;
        for (int i = 0; i < stride; i += 16)
        {
            Vector512<float> a = Vector512.Load(values + i), b = Vector512.Load(values + i + stride);
            (a + b).Store(values + i);
            (a - b).Store(values + i + stride);
        }
    }

    /// <summary>The four strides inside one vector: each lane gets its partner, and the upper lane of a pair its own sign turned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Within(Vector512<float> v)
    {
        v = Vector512.Shuffle(v, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
            + (v ^ Vector512.Create(0u, Sign, 0, Sign, 0, Sign, 0, Sign, 0, Sign, 0, Sign, 0, Sign, 0, Sign).AsSingle());
        v = Vector512.Shuffle(v, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13))
            + (v ^ Vector512.Create(0u, 0, Sign, Sign, 0, 0, Sign, Sign, 0, 0, Sign, Sign, 0, 0, Sign, Sign).AsSingle());
        v = Vector512.Shuffle(v, Vector512.Create(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11))
            + (v ^ Vector512.Create(0u, 0, 0, 0, Sign, Sign, Sign, Sign, 0, 0, 0, 0, Sign, Sign, Sign, Sign).AsSingle());
        return Vector512.Shuffle(v, Vector512.Create(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
            + (v ^ Vector512.Create(0u, 0, 0, 0, 0, 0, 0, 0, Sign, Sign, Sign, Sign, Sign, Sign, Sign, Sign).AsSingle());
    }

    private const uint Sign = 0x8000_0000;
}
