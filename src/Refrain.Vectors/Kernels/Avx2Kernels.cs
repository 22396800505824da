using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>Loops with 256-bit vectors.</summary>
internal static unsafe class Avx2Kernels
{
    public const string Name = "Avx2";

    public static bool IsSupported => Avx2.IsSupported;

    /// <inheritdoc cref="Kernel.DotCodes"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int DotCodes(byte* code, sbyte* query, int length)
    {
        Vector256<int> sum0 = Vector256<int>.Zero, sum1 = sum0;
        for (int i = 0; i < length; i += 32)
        {
            Vector256<short> code0 = Avx2.ConvertToVector256Int16(Vector128.Load(code + i));
            Vector256<short> code1 = Avx2.ConvertToVector256Int16(Vector128.Load(code + i + 16));
            sum0 += Avx2.MultiplyAddAdjacent(code0, Avx2.ConvertToVector256Int16(Vector128.Load(query + i)));
            sum1 += Avx2.MultiplyAddAdjacent(code1, Avx2.ConvertToVector256Int16(Vector128.Load(query + i + 16)));
        }
        return Vector256.Sum(sum0 + sum1);
    }

    /// <inheritdoc cref="Kernel.Hadamard"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hadamard(float* values, int length, int first)
    {
        for (int i = 0; i < length && first == 1; i += 8)
            Within(Vector256.Load(values + i)).Store(values + i);
        for (int stride = Math.Max(first, 8); stride < length; stride *= 2)
            for (int block = 0; block < length; block += stride * 2)
                for (int i = block; i < block + stride; i += 8)
                {
                    Vector256<float> a = Vector256.Load(values + i), b = Vector256.Load(values + i + stride);
                    (a + b).Store(values + i);
                    (a - b).Store(values + i + stride);
                }
    }

    /// <summary>The three strides inside one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Within(Vector256<float> v)
    {
        v = Vector256.Shuffle(v, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)) + (v ^ Vector256.Create(0u, Sign, 0, Sign, 0, Sign, 0, Sign).AsSingle());
        v = Vector256.Shuffle(v, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)) + (v ^ Vector256.Create(0u, 0, Sign, Sign, 0, 0, Sign, Sign).AsSingle());
        return Vector256.Shuffle(v, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)) + (v ^ Vector256.Create(0u, 0, 0, 0, Sign, Sign, Sign, Sign).AsSingle());
    }

    private const uint Sign = 0x8000_0000;
}
