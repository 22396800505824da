using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Loops without vectors: for machines that have none, and the oracle of all others.</summary>
internal static unsafe class ScalarKernels
{
    public const string Name = "Scalar";

    /// <inheritdoc cref="Kernel.DotCodes"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int DotCodes(byte* code, sbyte* query, int length)
    {
        int sum = 0;
        for (int i = 0; i < length; i++)
            sum += code[i] * query[i];
        return sum;
    }

    /// <inheritdoc cref="Kernel.Hadamard"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hadamard(float* values, int length, int first)
    {
        for (int stride = first; stride < length; stride *= 2)
            for (int block = 0; block < length; block += stride * 2)
                for (int i = block; i < block + stride; i++)
                {
                    float a = values[i], b = values[i + stride];
                    values[i] = a + b;
                    values[i + stride] = a - b;
                }
    }
}
