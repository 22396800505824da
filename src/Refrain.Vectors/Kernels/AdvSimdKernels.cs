using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Refrain.Vectors;

/// <summary>Loops with 128-bit vectors: Arm, and x86 without AVX2.</summary>
internal static unsafe class AdvSimdKernels
{
    public const string Name = "Vector128";

    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    /// <inheritdoc cref="Kernel.DotCodes"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int DotCodes(byte* code, sbyte* query, int length)
    {
        Vector128<int> sum0 = Vector128<int>.Zero, sum1 = sum0;
        if (Dp.IsSupported)
        {
            // Signed by signed: the 128 is taken out of the codes before, and put back into the sum as 128 · Σ query.
            Vector128<sbyte> ones = Vector128.Create((sbyte)1);
            Vector128<int> querySum = sum0;
            for (int i = 0; i < length; i += 32)
            {
                Vector128<sbyte> query0 = Vector128.Load(query + i), query1 = Vector128.Load(query + i + 16);
                sum0 = Dp.DotProduct(sum0, (Vector128.Load(code + i) ^ Vector128.Create((byte)128)).AsSByte(), query0);
                sum1 = Dp.DotProduct(sum1, (Vector128.Load(code + i + 16) ^ Vector128.Create((byte)128)).AsSByte(), query1);
                querySum = Dp.DotProduct(Dp.DotProduct(querySum, ones, query0), ones, query1);
            }
            return Vector128.Sum(sum0 + sum1) + 128 * Vector128.Sum(querySum);
        }
        for (int i = 0; i < length; i += 16)
        {
            (Vector128<ushort> codeLow, Vector128<ushort> codeHigh) = Vector128.Widen(Vector128.Load(code + i));
            (Vector128<short> queryLow, Vector128<short> queryHigh) = Vector128.Widen(Vector128.Load(query + i));
            (Vector128<int> a, Vector128<int> b) = Products(codeLow.AsInt16(), queryLow);
            (Vector128<int> c, Vector128<int> d) = Products(codeHigh.AsInt16(), queryHigh);
            sum0 += a + b;
            sum1 += c + d;
        }
        return Vector128.Sum(sum0 + sum1);
    }

    /// <inheritdoc cref="Kernel.Hadamard"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hadamard(float* values, int length, int first)
    {
        for (int i = 0; i < length && first == 1; i += 4)
        {
            Vector128<float> v = Vector128.Load(values + i);
            v = Vector128.Shuffle(v, Vector128.Create(1, 0, 3, 2)) + (v ^ Vector128.Create(0u, Sign, 0, Sign).AsSingle());
            v = Vector128.Shuffle(v, Vector128.Create(2, 3, 0, 1)) + (v ^ Vector128.Create(0u, 0, Sign, Sign).AsSingle());
            v.Store(values + i);
        }
        for (int stride = Math.Max(first, 4); stride < length; stride *= 2)
            for (int block = 0; block < length; block += stride * 2)
                for (int i = block; i < block + stride; i += 4)
                {
                    Vector128<float> a = Vector128.Load(values + i), b = Vector128.Load(values + i + stride);
                    (a + b).Store(values + i);
                    (a - b).Store(values + i + stride);
                }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<int> Low, Vector128<int> High) Products(Vector128<short> a, Vector128<short> b)
    {
        (Vector128<int> aLow, Vector128<int> aHigh) = Vector128.Widen(a);
        (Vector128<int> bLow, Vector128<int> bHigh) = Vector128.Widen(b);
        return (aLow * bLow, aHigh * bHigh);
    }

    private const uint Sign = 0x8000_0000;
}
