using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>Distances between sketches: eight population counts; where many are compared in a row, four sketches at once.</summary>
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

    /// <summary><see cref="Distance"/> of four sketches at once.</summary>
    /// <returns>16 bits each, that of <paramref name="a"/> lowest.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Distances(byte* own, byte* a, byte* b, byte* c, byte* d)
    {
        if (!Avx512BW.IsSupported)
            return (uint)Distance(own, a) | ((ulong)(uint)Distance(own, b) << 16) | ((ulong)(uint)Distance(own, c) << 32) | ((ulong)(uint)Distance(own, d) << 48);
        Vector512<byte> signs = Vector512.Load(own);
        Vector512<ulong> sums = Counts(signs, a) | (Counts(signs, b) << 16) | (Counts(signs, c) << 32) | (Counts(signs, d) << 48);
        Vector256<ushort> four = (sums.GetLower() + sums.GetUpper()).AsUInt16();
        Vector128<ushort> two = four.GetLower() + four.GetUpper();
        return two.AsUInt64()[0] + two.AsUInt64()[1];
    }

    /// <summary>How many signs differ in each group of eight bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Counts(Vector512<byte> own, byte* sketch)
    {
        Vector512<byte> differ = (own ^ Vector512.Load(sketch)) & Vector512.Create(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, LastSigns).AsByte();
        Vector512<byte> low = Vector512.Create((byte)15);
        Vector512<byte> ofFour = Vector512.Create(Vector256.Create(Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4)));
        Vector512<byte> counts = Avx512BW.Shuffle(ofFour, differ & low) + Avx512BW.Shuffle(ofFour, (differ.AsUInt16() >> 4).AsByte() & low);
        return Avx512BW.SumAbsoluteDifferences(counts, Vector512<byte>.Zero).AsUInt64();
    }
}
