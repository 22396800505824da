using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>Loops over bytes with 256-bit VNNI: four products a lane in one instruction, none saturating.</summary>
internal static unsafe class AvxVnniKernels
{
    public const string Name = "AvxVnni";

    public static bool IsSupported => AvxVnni.IsSupported;

    /// <inheritdoc cref="Kernel.DotCodes"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int DotCodes(byte* code, sbyte* query, int length)
    {
        Vector256<int> sum0 = Vector256<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        int i = 0;
        // Four sums, because the instruction takes five cycles and two start in each.
        for (; i <= length - 128; i += 128)
        {
            sum0 = AvxVnni.MultiplyWideningAndAdd(sum0, Vector256.Load(code + i), Vector256.Load(query + i));
            sum1 = AvxVnni.MultiplyWideningAndAdd(sum1, Vector256.Load(code + i + 32), Vector256.Load(query + i + 32));
            sum2 = AvxVnni.MultiplyWideningAndAdd(sum2, Vector256.Load(code + i + 64), Vector256.Load(query + i + 64));
            sum3 = AvxVnni.MultiplyWideningAndAdd(sum3, Vector256.Load(code + i + 96), Vector256.Load(query + i + 96));
        }
        for (; i < length; i += 64)
        {
            sum0 = AvxVnni.MultiplyWideningAndAdd(sum0, Vector256.Load(code + i), Vector256.Load(query + i));
            sum1 = AvxVnni.MultiplyWideningAndAdd(sum1, Vector256.Load(code + i + 32), Vector256.Load(query + i + 32));
        }
        return Vector256.Sum(sum0 + sum1 + (sum2 + sum3));
    }
}
