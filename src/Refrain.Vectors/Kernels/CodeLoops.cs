using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>Loops over codes that are not the inner loop of a search.</summary>
internal static unsafe class CodeLoops
{
    /// <summary>Turns a stored code into the form that queries have.</summary>
    /// <param name="code">Bytes with 128 added.</param>
    /// <param name="signed">The same without.</param>
    /// <param name="length">How many: a multiple of <see cref="Kernel.BlockLength"/>.</param>
    /// <returns>Σ signed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Signed(byte* code, sbyte* signed, int length)
    {
        Vector128<byte> flip = Vector128.Create((byte)128);
        Vector128<uint> sums = Vector128<uint>.Zero;
        for (int i = 0; i < length; i += 16)
        {
            Vector128<byte> bytes = Vector128.Load(code + i);
            (bytes ^ flip).AsSByte().Store(signed + i);
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(bytes);
            (Vector128<uint> a, Vector128<uint> b) = Vector128.Widen(low + high);
            sums += a + b;
        }
        return (int)Vector128.Sum(sums) - 128 * length;
    }
}
