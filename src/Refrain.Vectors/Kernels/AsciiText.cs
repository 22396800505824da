using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Refrain.Vectors;

/// <summary>Compares UTF-16 with ASCII, without writing its UTF-8 down.</summary>
internal static unsafe class AsciiText
{
    private const int LineSize = 64;

    /// <summary>Shorter texts are here before their fetching would have been asked for; beyond a page's half the processor fetches ahead by itself, and better.</summary>
    private const int FetchedSizeMin = 512;
    private const int FetchedSizeMax = 2_048;

    /// <summary>Asks for bytes that are about to be compared, without waiting for the array's own length.</summary>
    /// <param name="bytes">The array.</param>
    /// <param name="size">How many bytes of it are expected; fewer or more do no harm.</param>
    internal static void Fetch(byte[] bytes, int size)
    {
        if (!Sse.IsSupported || size < FetchedSizeMin)
            return;

        // SAFETY: a prefetch of any address reads and writes nothing; should the array be moved meanwhile, the wrong lines are fetched.
        byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes));
        for (int i = 0; i < Math.Min(size, FetchedSizeMax); i += LineSize)
            Sse.Prefetch0(start + i);
    }

    /// <summary>Whether a text is made of exactly these characters.</summary>
    /// <param name="text">Any UTF-16.</param>
    /// <param name="ascii">ASCII: whoever calls has seen to it, since a byte beyond would stand for the character of its number.</param>
    internal static bool Equals(ReadOnlySpan<char> text, ReadOnlySpan<byte> ascii)
    {
        if (text.Length != ascii.Length)
            return false;
        if (Vector512.IsHardwareAccelerated && Avx512BW.IsSupported && text.Length >= Vector512<ushort>.Count)
            return Equals512(text, ascii);
        if (Avx2.IsSupported && text.Length >= Vector256<ushort>.Count)
            return Equals256(text, ascii);
        return Ascii.Equals(ascii, text);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Equals512(ReadOnlySpan<char> text, ReadOnlySpan<byte> ascii)
    {
        // SAFETY: both are as long as each other and no shorter than a vector; each vector read starts at most its length before the end.
        fixed (char* chars = text)
        fixed (byte* bytes = ascii)
        {
            Vector512<ushort> difference = Vector512<ushort>.Zero;
            int last = text.Length - Vector512<ushort>.Count;
            for (int i = 0; i < last; i += Vector512<ushort>.Count)
                difference |= Avx512BW.ConvertToVector512UInt16(Vector256.Load(bytes + i)) ^ Vector512.Load((ushort*)chars + i);
            difference |= Avx512BW.ConvertToVector512UInt16(Vector256.Load(bytes + last)) ^ Vector512.Load((ushort*)chars + last);
            return difference == Vector512<ushort>.Zero;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Equals256(ReadOnlySpan<char> text, ReadOnlySpan<byte> ascii)
    {
        // SAFETY: as above.
        fixed (char* chars = text)
        fixed (byte* bytes = ascii)
        {
            Vector256<ushort> difference = Vector256<ushort>.Zero;
            int last = text.Length - Vector256<ushort>.Count;
            for (int i = 0; i < last; i += Vector256<ushort>.Count)
                difference |= Avx2.ConvertToVector256Int16(bytes + i).AsUInt16() ^ Vector256.Load((ushort*)chars + i);
            difference |= Avx2.ConvertToVector256Int16(bytes + last).AsUInt16() ^ Vector256.Load((ushort*)chars + last);
            return difference == Vector256<ushort>.Zero;
        }
    }
}
