using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>
/// Ten bits a number, in two levels: a byte that every search reads, and two more bits that only a close decision needs.
/// A number x is stored as t = round(x / step), t = 4 (u − 128) + (rest − 2). What a step stands for is then chosen so that the stored vector is as long as the vector itself
/// in the vector's own direction: what is left of the error is across, and turns up in a cosine only as far as the other vector is across too.
/// </summary>
internal static unsafe class Quantiser
{
    /// <summary>Numbers that share a byte of the rest: number i stands in byte i modulo a quarter of the code's length.</summary>
    public const int RestsPerByte = 4;

    private const int Steps = 4;
    private const int Largest = 127 * Steps;

    /// <summary>Numbers in a code, padding included: a multiple of <see cref="Kernel.BlockLength"/>.</summary>
    public static int LengthOf(int dimensions) => (dimensions + Kernel.BlockLength - 1) / Kernel.BlockLength * Kernel.BlockLength;

    /// <summary>Encodes a rotated vector of length 1.</summary>
    /// <param name="vector"><paramref name="length"/> floats; the padding zero.</param>
    /// <param name="code">As many bytes.</param>
    /// <param name="rest">A quarter as many bytes.</param>
    /// <param name="length">A multiple of <see cref="Kernel.BlockLength"/>.</param>
    /// <returns>The scale: what a step of the code's bytes stands for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Encode(float* vector, byte* code, byte* rest, int length)
    {
        Vector512<float> factor = Vector512.Create(Largest / FloatLoops.MaxMagnitude(vector, length));
        Vector512<float> along = Vector512<float>.Zero;
        int quarter = length / RestsPerByte;
        for (int i = 0; i < quarter; i += 16)
        {
            Vector128<byte> rests = Encode(vector + i, code + i, factor, ref along)
                | (Encode(vector + i + quarter, code + i + quarter, factor, ref along) << 2)
                | (Encode(vector + i + 2 * quarter, code + i + 2 * quarter, factor, ref along) << 4)
                | (Encode(vector + i + 3 * quarter, code + i + 3 * quarter, factor, ref along) << 6);
            rests.Store(rest + i);
        }
        return Steps / Vector512.Sum(along);
    }

    /// <summary>Encodes a query: the signed byte of each number, without the rest.</summary>
    /// <param name="vector">As for <see cref="Encode(float*, byte*, byte*, int)"/>.</param>
    /// <param name="query"><paramref name="length"/> bytes.</param>
    /// <param name="length">As for <see cref="Encode(float*, byte*, byte*, int)"/>.</param>
    /// <param name="sum">Σ query, to take the 128 out of <see cref="Kernel.DotCodes"/>.</param>
    /// <returns>The scale: what a step of the bytes stands for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float EncodeQuery(float* vector, sbyte* query, int length, out int sum)
    {
        // The scale is taken from the largest number: none is beyond 127.
        float scale = FloatLoops.MaxMagnitude(vector, length) / 127;
        Vector512<float> factor = Vector512.Create(1 / scale);
        Vector512<int> all = Vector512<int>.Zero;
        for (int i = 0; i < length; i += 16)
        {
            Vector512<int> c = Rounded(Vector512.Load(vector + i) * factor);
            all += c;
            Bytes(c).AsSByte().Store(query + i);
        }
        sum = Vector512.Sum(all);
        return scale;
    }

    /// <summary>Decodes a stored code by its bytes alone. The parameters are those of <see cref="Encode(float*, byte*, byte*, int)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(byte* code, float scale, float* vector, int length)
    {
        Vector512<float> factor = Vector512.Create(scale);
        for (int i = 0; i < length; i += 16)
            (Vector512.ConvertToSingle(Widen(Vector128.Load(code + i)) - Vector512.Create(128)) * factor).Store(vector + i);
    }

    /// <summary>Decodes a stored code with all its bits. The parameters are those of <see cref="Encode(float*, byte*, byte*, int)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DecodeFine(byte* code, byte* rest, float scale, float* vector, int length)
    {
        Vector512<float> factor = Vector512.Create(scale / Steps);
        int quarter = length / RestsPerByte;
        for (int i = 0; i < length; i += 16)
            (Decode(code + i, Vector128.Load(rest + i % quarter).AsUInt16() >> (i / quarter * 2)) * factor).Store(vector + i);
    }

    /// <summary>Cosine of a query in floats and a stored code with all its bits. The parameters are those of <see cref="Encode(float*, byte*, byte*, int)"/>.</summary>
    /// <param name="query">A rotated vector of length 1.</param>
    /// <param name="code">The stored code.</param>
    /// <param name="rest">Its rest.</param>
    /// <param name="scale">Its scale.</param>
    /// <param name="length">Numbers in each.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float FineDot(float* query, byte* code, byte* rest, float scale, int length)
    {
        Vector512<float> sum0 = Vector512<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        int quarter = length / RestsPerByte;
        for (int i = 0; i < quarter; i += 16)
        {
            Vector128<ushort> rests = Vector128.Load(rest + i).AsUInt16();
            sum0 += Vector512.Load(query + i) * Decode(code + i, rests);
            sum1 += Vector512.Load(query + i + quarter) * Decode(code + i + quarter, rests >> 2);
            sum2 += Vector512.Load(query + i + 2 * quarter) * Decode(code + i + 2 * quarter, rests >> 4);
            sum3 += Vector512.Load(query + i + 3 * quarter) * Decode(code + i + 3 * quarter, rests >> 6);
        }
        return Vector512.Sum(sum0 + sum1 + (sum2 + sum3)) * (scale / Steps);
    }

    /// <summary>Encodes sixteen numbers.</summary>
    /// <returns>Their rests, two bits each.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Encode(float* vector, byte* code, Vector512<float> factor, ref Vector512<float> along)
    {
        Vector512<float> values = Vector512.Load(vector);
        Vector512<int> t = Rounded(values * factor);
        along += values * Vector512.ConvertToSingle(t);
        Vector512<int> c = (t + Vector512.Create(2)) >> 2;
        Bytes(c + Vector512.Create(128)).Store(code);
        return Bytes(t - (c << 2) + Vector512.Create(2));
    }

    /// <summary>Sixteen numbers with all their bits: the lowest two of each byte of their rests count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Decode(byte* code, Vector128<ushort> rests)
    {
        Vector512<int> t = (Widen(Vector128.Load(code)) << 2) + Widen(rests.AsByte() & Vector128.Create((byte)3));
        return Vector512.ConvertToSingle(t - Vector512.Create(128 * Steps + 2));
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
