using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>Loops over floats that are run once a query or an insert, in sixteen lanes whatever the machine has, so that all machines get the same bits.</summary>
internal static unsafe class FloatLoops
{
    /// <summary>Numbers a step; buffers are padded to a multiple.</summary>
    public const int LaneCount = 16;

    /// <summary>Σ aᵢ · bᵢ.</summary>
    /// <param name="a">n floats.</param>
    /// <param name="b">n floats.</param>
    /// <param name="length">n: a multiple of <see cref="Kernel.BlockLength"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int length)
    {
        // Four sums, because each addition waits for the one before it.
        Vector512<float> sum = Vector512<float>.Zero, sum1 = sum, sum2 = sum, sum3 = sum;
        for (int i = 0; i < length; i += 4 * LaneCount)
        {
            sum += Vector512.Load(a + i) * Vector512.Load(b + i);
            sum1 += Vector512.Load(a + i + LaneCount) * Vector512.Load(b + i + LaneCount);
            sum2 += Vector512.Load(a + i + 2 * LaneCount) * Vector512.Load(b + i + 2 * LaneCount);
            sum3 += Vector512.Load(a + i + 3 * LaneCount) * Vector512.Load(b + i + 3 * LaneCount);
        }
        return Sum(sum + sum1 + (sum2 + sum3));
    }

    /// <summary>values ← values · factor · factors, number by number, over padded buffers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* values, float factor, float* factors, int length)
    {
        Vector512<float> all = Vector512.Create(factor);
        for (int i = 0; i < length; i += LaneCount)
            (Vector512.Load(values + i) * all * Vector512.Load(factors + i)).Store(values + i);
    }

    /// <summary>target ← values · factors, number by number; nothing beyond <paramref name="length"/> is touched.</summary>
    /// <returns>Σ valuesᵢ².</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float MultiplyAndSquare(float* values, float* factors, float* target, int length)
    {
        Vector512<float> sum = Vector512<float>.Zero, sum1 = sum, sum2 = sum, sum3 = sum;
        int i = 0;
        // Four sums, because each addition waits for the one before it.
        for (; i <= length - 4 * LaneCount; i += 4 * LaneCount)
        {
            Vector512<float> v = Vector512.Load(values + i), v1 = Vector512.Load(values + i + LaneCount);
            Vector512<float> v2 = Vector512.Load(values + i + 2 * LaneCount), v3 = Vector512.Load(values + i + 3 * LaneCount);
            (v * Vector512.Load(factors + i)).Store(target + i);
            (v1 * Vector512.Load(factors + i + LaneCount)).Store(target + i + LaneCount);
            (v2 * Vector512.Load(factors + i + 2 * LaneCount)).Store(target + i + 2 * LaneCount);
            (v3 * Vector512.Load(factors + i + 3 * LaneCount)).Store(target + i + 3 * LaneCount);
            sum += v * v;
            sum1 += v1 * v1;
            sum2 += v2 * v2;
            sum3 += v3 * v3;
        }
        float all = Sum(sum + sum1 + (sum2 + sum3));
        for (; i < length; i++)
        {
            target[i] = values[i] * factors[i];
            all += values[i] * values[i];
        }
        return all;
    }

    /// <summary>target ← values · factor. The last step may touch the padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* values, float factor, float* target, int length)
    {
        Vector512<float> factors = Vector512.Create(factor);
        int i = 0;
        for (; i <= length - LaneCount; i += LaneCount)
            (Vector512.Load(values + i) * factors).Store(target + i);
        for (; i < length; i++)
            target[i] = values[i] * factor;
    }

    /// <summary>The greatest |vᵢ| of a padded buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float MaxMagnitude(float* values, int length)
    {
        Vector512<float> max = Vector512<float>.Zero, max1 = max;
        int i = 0;
        for (; i <= length - 2 * LaneCount; i += 2 * LaneCount)
        {
            max = Vector512.Max(max, Vector512.Abs(Vector512.Load(values + i)));
            max1 = Vector512.Max(max1, Vector512.Abs(Vector512.Load(values + i + LaneCount)));
        }
        if (i < length)
            max = Vector512.Max(max, Vector512.Abs(Vector512.Load(values + i)));
        max = Vector512.Max(max, max1);
        Vector256<float> eight = Vector256.Max(max.GetLower(), max.GetUpper());
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    /// <summary>Margins and signs of a vector as seen from the mean: margins ← values − mean; bit i of <paramref name="bits"/> is set where marginᵢ &gt; 0.</summary>
    /// <param name="values">A multiple of <see cref="LaneCount"/> floats.</param>
    /// <param name="mean">As many.</param>
    /// <param name="margins">Room for as many; may be <paramref name="values"/>.</param>
    /// <param name="bits">As many bits, 16 a word.</param>
    /// <param name="length">How many floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Signs(float* values, float* mean, float* margins, ushort* bits, int length)
    {
        for (int i = 0; i < length; i += LaneCount)
        {
            Vector512<float> margin = Vector512.Load(values + i) - Vector512.Load(mean + i);
            margin.Store(margins + i);
            bits[i / LaneCount] = (ushort)Vector512.GreaterThan(margin, Vector512<float>.Zero).ExtractMostSignificantBits();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector512<float> v)
    {
        Vector256<float> eight = v.GetLower() + v.GetUpper();
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        return four[0] + four[2] + (four[1] + four[3]);
    }
}
