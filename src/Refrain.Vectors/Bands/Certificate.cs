using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>
/// How sure a miss is. A stored vector at exactly the angle asked for differs from the query by noise of known length; its chance to have the query's sign in a coordinate
/// is the normal tail of the query's margin there. Over the K signs of a table the chances multiply; over the tables, the chances to be missed.
/// </summary>
/// <remarks>
/// The angle is taken as seen from the mean, at its worst: where the line to the stored vector is a tangent, sin θ' = √(2 − 2τ) / ‖q − μ‖. Equal norms may not be assumed.
/// </remarks>
internal static unsafe class Certificate
{
    /// <summary>Adds to 2 − 2τ for the rounding of the stored codes.</summary>
    public const float RoundingSquare = 2e-4f;

    /// <summary>
    /// Prepares a query: for each sign, the odds that it is turned; for each table, the chance that no sign of it is.
    /// </summary>
    /// <param name="context">Its margins are read; its odds and chances are filled.</param>
    /// <param name="bands">The tables.</param>
    /// <param name="distanceSquare">2 − 2τ.</param>
    /// <param name="dimensions">Numbers in a vector.</param>
    /// <returns>False: the angle is too wide to say anything.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPrepare(SearchContext context, BandTable bands, float distanceSquare, int dimensions)
    {
        float sineSquare = (distanceSquare + RoundingSquare) / (context.CentredNorm * context.CentredNorm);
        if (sineSquare >= 0.98f)
            return false;
        float factor = MathF.Sqrt(dimensions * (1 - sineSquare) / sineSquare) / context.CentredNorm;
        for (int i = 0; i < Rotation.ProjectionCountMin; i += FloatLoops.LaneCount)
        {
            Vector512<float> margin = Vector512.Abs(Vector512.Load(context.Margins + i)) * Vector512.Create(factor);
            Vector512<float> turned = Tail(margin);
            Vector512<float> kept = Vector512<float>.One - turned;
            (turned / kept).Store(context.Odds + i);
            kept.Store(context.Scratch + i);
        }
        // The lanes beyond the key are taken for one.
        Vector512<float> ones = Vector512<float>.One;
        Vector512<int> lane = Vector512<int>.Indices;
        Vector512<int> first = Vector512.LessThan(lane, Vector512.Create(bands.KeyLength));
        Vector512<int> second = Vector512.LessThan(lane, Vector512.Create(bands.KeyLength - FloatLoops.LaneCount));
        for (int table = 0; table < bands.TableCount; table++)
        {
            float* kept = context.Scratch + table * bands.KeyLength;
            Vector512<float> chances = Vector512.ConditionalSelect(first.AsSingle(), Vector512.Load(kept), ones);
            if (bands.KeyLength > FloatLoops.LaneCount)
                chances *= Vector512.ConditionalSelect(second.AsSingle(), Vector512.Load(kept + FloatLoops.LaneCount), ones);
            Vector256<float> eight = chances.GetLower() * chances.GetUpper();
            Vector128<float> four = eight.GetLower() * eight.GetUpper();
            context.BaseChances[table] = context.Chances[table] = four[0] * four[1] * (four[2] * four[3]);
        }
        return true;
    }

    /// <summary>The chance that every table misses a stored vector at exactly the angle.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double MissChance(SearchContext context, int tableCount)
    {
        double miss = 1;
        for (int table = 0; table < tableCount; table++)
            miss *= 1 - Math.Min(context.Chances[table], 1);
        return miss;
    }

    /// <summary>Φ(−a) for a ≥ 0, to 1e-5 (Abramowitz and Stegun 26.2.16).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Tail(Vector512<float> a)
    {
        Vector512<float> t = Vector512<float>.One / (Vector512<float>.One + a * Vector512.Create(0.33267f));
        Vector512<float> density = Vector512.Exp(a * a * Vector512.Create(-0.5f)) * Vector512.Create(0.3989423f);
        return density * t * (Vector512.Create(0.4361836f) + t * (Vector512.Create(-0.1201676f) + t * Vector512.Create(0.9372980f)));
    }
}
