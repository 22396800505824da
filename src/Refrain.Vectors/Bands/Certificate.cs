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
    /// Prepares a query: for each sign, the odds that it is turned; for each table, the chance that no sign of it is, and for each sign of it, that this one alone is.
    /// </summary>
    /// <param name="context">Its margins are read; its odds, the chances of its own keys and of those with one sign turned are filled.</param>
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
        Vector512<float> factor = Vector512.Create(MathF.Sqrt(dimensions * (1 - sineSquare) / sineSquare) / context.CentredNorm);
        for (int i = 0; i < Rotation.ProjectionCountMin; i += FloatLoops.LaneCount)
            TailOdds(Vector512.Abs(Vector512.Load(context.Margins + i)) * factor).Store(context.Odds + i);
        // The chance to be kept is 1 / (1 + odds). The lanes beyond the key have no odds, and a table beyond the last no chance.
        int keyLength = bands.KeyLength;
        Vector512<float> one = Vector512<float>.One;
        Vector512<float> first = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(keyLength)).AsSingle();
        Vector512<float> second = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(keyLength - FloatLoops.LaneCount)).AsSingle();
        Vector512<float>.Zero.Store(context.BaseChances);
        Vector512<float>.Zero.Store(context.BaseChances + FloatLoops.LaneCount);
        for (int table = 0; table < bands.TableCount; table++)
        {
            int start = table * keyLength;
            Vector512<float> low = Vector512.Load(context.Odds + start) & first, high = Vector512.Load(context.Odds + start + FloatLoops.LaneCount) & second;
            Vector512<float> product = (one + low) * (one + high);
            Vector256<float> eight = product.GetLower() * product.GetUpper();
            Vector128<float> four = eight.GetLower() * eight.GetUpper();
            float chance = 1 / (four[0] * four[1] * (four[2] * four[3]));
            context.BaseChances[table] = chance;
            // What goes beyond the key is written anew with the next table.
            (low * chance).Store(context.TurnedChances + start);
            (high * chance).Store(context.TurnedChances + start + FloatLoops.LaneCount);
        }
        for (int i = bands.TableCount * keyLength; i < Rotation.ProjectionCountMin; i += FloatLoops.LaneCount)
            Vector512<float>.Zero.Store(context.TurnedChances + i);
        return true;
    }

    /// <summary>The chance that every table misses a stored vector at exactly the angle.</summary>
    /// <param name="chances">For each of <see cref="BandTable.TableCountMax"/> tables the chance that it does not; 0 where there is no table.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MissChance(float* chances)
    {
        Vector512<float> one = Vector512<float>.One;
        Vector512<float> missed = (one - Vector512.Min(Vector512.Load(chances), one)) * (one - Vector512.Min(Vector512.Load(chances + FloatLoops.LaneCount), one));
        Vector256<float> eight = missed.GetLower() * missed.GetUpper();
        Vector128<float> four = eight.GetLower() * eight.GetUpper();
        return four[0] * four[1] * (four[2] * four[3]);
    }

    /// <summary>Φ(−a) / Φ(a) for a ≥ 0. A fit of our own: Φ(−a) within 1.2 % up to a = 4.5, and beyond too small to matter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> TailOdds(Vector512<float> a)
    {
        a = Vector512.Min(a, Vector512.Create(6f));
        Vector512<float> power = a * (Vector512.Create(-2.242254f) - a * (Vector512.Create(0.06502694f) + a * (Vector512.Create(0.09732923f) - a * Vector512.Create(0.005090761f))));
        // 2 to this power: the whole part goes into the exponent, the rest through a series.
        Vector512<float> whole = Vector512.Round(power);
        Vector512<float> rest = power - whole;
        Vector512<float> series = Vector512<float>.One + rest * (Vector512.Create(0.6931472f)
            + rest * (Vector512.Create(0.2402265f) + rest * (Vector512.Create(0.05550411f) + rest * Vector512.Create(0.00961813f))));
        return series * ((Vector512.ConvertToInt32Native(whole) + Vector512.Create(127)) << 23).AsSingle();
    }
}
