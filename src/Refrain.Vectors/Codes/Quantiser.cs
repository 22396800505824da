using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>
/// Twelve bits a number, in two levels: a byte that every search reads, and four more bits that only a close decision needs.
/// A number x is stored as t = round(16 x / scale), t = 16 (u − 128) + (rest − 8).
/// </summary>
internal static unsafe class Quantiser
{
    /// <summary>Cosines computed from all twelve bits are this exact, or better.</summary>
    public const float FineError = 2e-4f;

    private const int Steps = 16;

    /// <summary>The scale for a vector: its largest number becomes 127.</summary>
    public static float ScaleOf(float* vector, int paddedLength) => FloatLoops.MaxMagnitude(vector, paddedLength) / 127;

    /// <summary>Encodes a rotated vector of length 1.</summary>
    /// <param name="vector">Floats up to <paramref name="paddedLength"/>; the padding zero.</param>
    /// <param name="paddedLength">A multiple of 16.</param>
    /// <param name="scale">See <see cref="ScaleOf"/>.</param>
    /// <param name="code"><paramref name="codeLength"/> bytes.</param>
    /// <param name="rest">Half as many bytes: number i in the low half of byte i, or the high half of byte i − codeLength / 2.</param>
    /// <param name="codeLength">A multiple of <see cref="Kernel.BlockLength"/>, at least paddedLength.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* vector, int paddedLength, float scale, byte* code, byte* rest, int codeLength)
    {
        Vector512<float> factor = Vector512.Create(Steps / scale);
        int half = codeLength / 2;
        new Span<byte>(rest, half).Clear();
        for (int i = 0; i < codeLength; i += 16)
        {
            Vector512<int> t = i < paddedLength ? Rounded(Vector512.Load(vector + i) * factor) : Vector512<int>.Zero;
            t = Vector512.Min(Vector512.Max(t, Vector512.Create(-2032)), Vector512.Create(2032));
            Vector512<int> c = (t + Vector512.Create(8)) >> 4;
            Vector512<int> r = t - (c << 4) + Vector512.Create(8);
            Bytes(c + Vector512.Create(128)).Store(code + i);
            byte* place = rest + (i < half ? i : i - half);
            Vector128<byte> nibbles = Bytes(r);
            (Vector128.Load(place) | (i < half ? nibbles : nibbles << 4)).Store(place);
        }
    }

    /// <summary>Encodes a query: the signed byte of each number, without the rest.</summary>
    /// <returns>Σ query, to take the 128 out of <see cref="Kernel.DotCodes"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int EncodeQuery(float* vector, int paddedLength, float scale, sbyte* query, int codeLength)
    {
        Vector512<float> factor = Vector512.Create(1 / scale);
        Vector512<int> sum = Vector512<int>.Zero;
        for (int i = 0; i < codeLength; i += 16)
        {
            // The scale was taken from the largest number: none is beyond 127.
            Vector512<int> c = i < paddedLength ? Rounded(Vector512.Load(vector + i) * factor) : Vector512<int>.Zero;
            sum += c;
            Bytes(c).AsSByte().Store(query + i);
        }
        return Vector512.Sum(sum);
    }

    /// <summary>Decodes a stored code: all twelve bits if <paramref name="fine"/>, the byte alone otherwise. The parameters are those of Encode.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(byte* code, byte* rest, int codeLength, float scale, bool fine, float* vector, int paddedLength)
    {
        Vector512<float> factor = Vector512.Create(scale / Steps);
        for (int i = 0; i < paddedLength; i += 16)
            (Vector512.ConvertToSingle(Load(code, rest, codeLength, fine, i)) * factor).Store(vector + i);
    }

    /// <summary>Cosine of a query in floats and a stored code with all its bits; both of length 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float FineDot(float* query, byte* code, byte* rest, int codeLength, float scale, int paddedLength)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        for (int i = 0; i < paddedLength; i += 16)
            sum += Vector512.Load(query + i) * Vector512.ConvertToSingle(Load(code, rest, codeLength, fine: true, i));
        return Vector512.Sum(sum) * (scale / Steps);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Load(byte* code, byte* rest, int codeLength, bool fine, int i)
    {
        Vector512<int> t = (Widen(Vector128.Load(code + i)) - Vector512.Create(128)) << 4;
        if (!fine)
            return t;
        int half = codeLength / 2;
        Vector128<byte> nibbles = i < half ? Vector128.Load(rest + i) & Vector128.Create((byte)15) : Vector128.Load(rest + i - half) >> 4;
        return t + Widen(nibbles) - Vector512.Create(8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Rounded(Vector512<float> v) =>
        Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(v) : Vector512.ConvertToInt32Native(Vector512.Round(v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector128<byte> bytes)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Int32(bytes);
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes)));
        return Vector512.Create(low, high).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(Vector512<int> v)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector128Byte(v);
        Vector256<short> words = Vector256.Narrow(v.GetLower(), v.GetUpper());
        return Vector128.Narrow(words.GetLower(), words.GetUpper()).AsByte();
    }
}
