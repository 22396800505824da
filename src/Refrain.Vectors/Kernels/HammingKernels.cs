using System.Numerics;
using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Distances between sketches: eight population counts, which every machine does as fast as it reads them.</summary>
internal static unsafe class HammingKernels
{
    /// <summary>Bytes of a sketch.</summary>
    public const int SketchSize = 64;

    /// <summary>Signs in a sketch; the last byte holds something else.</summary>
    public const int SignCount = 504;

    private const ulong LastSigns = 0x00FF_FFFF_FFFF_FFFF;

    /// <summary>In how many of their <see cref="SignCount"/> signs two sketches differ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Distance(byte* a, byte* b)
    {
        var x = (ulong*)a;
        var y = (ulong*)b;
        return BitOperations.PopCount(x[0] ^ y[0]) + BitOperations.PopCount(x[1] ^ y[1])
            + (BitOperations.PopCount(x[2] ^ y[2]) + BitOperations.PopCount(x[3] ^ y[3]))
            + (BitOperations.PopCount(x[4] ^ y[4]) + BitOperations.PopCount(x[5] ^ y[5]))
            + (BitOperations.PopCount(x[6] ^ y[6]) + BitOperations.PopCount((x[7] ^ y[7]) & LastSigns));
    }
}
