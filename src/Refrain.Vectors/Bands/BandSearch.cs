using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>
/// Asks the band tables whether there is a vector within the angle: the query's own keys first, then keys with signs turned, the likeliest first,
/// until a vector at the very edge would have been met as surely as was asked for.
/// </summary>
/// <param name="sieve">What candidates go through.</param>
/// <param name="dimensions">Numbers in a vector.</param>
/// <param name="missConfidence">How sure a miss must be.</param>
internal sealed unsafe class BandSearch(Sieve sieve, int dimensions, double missConfidence)
{
    /// <summary>Each wave of keys reaches down to half the chance that the wave before ended at, until the wave that is expected to be the last.</summary>
    private const float WaveRatio = 2;

    /// <summary>So many waves are expected at most.</summary>
    private const int WaveCount = 3;

    /// <summary>
    /// Where the last wave ends: this times the power 1.5 of what the query's own keys contribute, as simulated queries have it (17 signs, 29 tables).
    /// A bad guess costs a wave, or lines.
    /// </summary>
    private const float LastWaveFactor = 0.2f;

    /// <summary>Lines after which the graph is cheaper when the nearest is wanted.</summary>
    private const int NearestLineCountMax = 1024;

    /// <summary>Tables whose keys are asked before it is known which are the likeliest.</summary>
    private const int FirstTableCount = 8;

    private const float FirstWave = 0.25f;
    private const float LeastChance = 1e-5f;

    private readonly float _missChanceMax = (float)(1 - missConfidence);

    /// <summary>
    /// Looks for a vector within the angle. The context holds the query; it is prepared and its limits are set. What is found stands in its
    /// <see cref="SearchContext.Hit"/> and <see cref="SearchContext.Nearest"/>.
    /// </summary>
    /// <returns>True if the outcome is settled: a hit, or a miss as sure as asked for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TrySettle(SearchContext context, UInt128 space, BandTable bands, float similarity, int entryCount)
    {
        context.WantsNearest = false;
        // A few tables have nearly every hit.
        int asked = Math.Min(FirstTableCount, bands.TableCount);
        AskBaseKeys(context, space, bands, similarity, 0, asked);
        if (!float.IsNaN(context.Hit.Similarity))
            return true;
        if (!Certificate.TryPrepare(context, bands, 2 - 2 * similarity, dimensions))
        {
            AskBaseKeys(context, space, bands, similarity, asked, bands.TableCount);
            return !float.IsNaN(context.Hit.Similarity);
        }
        // Beyond so many lines it is cheaper to compare all sketches, one after the other.
        if (!AskUntilSure(context, space, bands, similarity, asked, Math.Clamp(entryCount / 8, 256, 6144)))
            return false;
        if (float.IsNaN(context.Hit.Similarity))
            context.Work.CertifiedCount++;
        return true;
    }

    /// <summary>
    /// Looks for the nearest vector, where one is so near that the tables can tell. The context is as for <see cref="TrySettle"/>, and so is what stands in it afterwards.
    /// </summary>
    /// <returns>True if nothing is nearer than the hit, as surely as was asked for; false if that cannot be told, whether there is a hit or not.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryNearest(SearchContext context, UInt128 space, BandTable bands, float similarity)
    {
        context.WantsNearest = true;
        AskBaseKeys(context, space, bands, similarity, 0, bands.TableCount);
        float nearest = context.Hit.Similarity;
        if (float.IsNaN(nearest))
            return false;
        context.Limits.Reset(context.CentredNorm, 2 - 2 * nearest + Certificate.RoundingSquare);
        return Certificate.TryPrepare(context, bands, 2 - 2 * nearest, dimensions)
            && AskUntilSure(context, space, bands, similarity, bands.TableCount, NearestLineCountMax);
    }

    /// <summary>Asks the likeliest keys until nothing within the angle that the certificate was prepared for can have been missed; unless the nearest is wanted, or until there is a hit.</summary>
    /// <param name="context">The query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="bands">The tables.</param>
    /// <param name="similarity">What a hit must have.</param>
    /// <param name="askedCount">Of so many tables the query's own key was asked.</param>
    /// <param name="lineCountMax">After so many lines it gives up.</param>
    /// <returns>False: it gave up.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool AskUntilSure(SearchContext context, UInt128 space, BandTable bands, float similarity, int askedCount, int lineCountMax)
    {
        // Of independent tables the logarithms of the chances to be missed add up.
        float wanted = -MathF.Log(_missChanceMax);
        float own = -MathF.Log(Certificate.MissChance(context.BaseChances)) / wanted;
        float last = LastWaveFactor * own * MathF.Sqrt(own);
        float least = last;
        for (int wave = 1; wave < WaveCount && least * WaveRatio <= FirstWave; wave++)
            least *= WaveRatio;
        for (int table = 0; table < BandTable.TableCountMax; table++)
            context.Chances[table] = table < askedCount ? context.BaseChances[table] : 0;
        for (int table = askedCount; table < bands.TableCount; table++)
            context.Keys[table] = bands.KeyOf(context.Sketch, table);
        long lineEnd = context.Work.LineCount + lineCountMax;
        bool sure = false;
        for (float before = float.PositiveInfinity; ;)
        {
            for (int table = 0; table < bands.TableCount; table++)
            {
                // A key with turned signs is never likelier than the query's own.
                float chance = context.BaseChances[table];
                if (chance < least)
                    continue;
                if (table >= askedCount && chance < before)
                    Ask(context, space, bands, table, context.Keys[table], chance, similarity);
                AskTurnedKeys(context, space, bands, table, similarity, least, before);
            }
            if (least > last)
                Drain(context, space, bands, similarity);
            float missed = Certificate.MissChance(context.Chances);
            sure = missed <= _missChanceMax;
            if (sure || least < LeastChance || context.Work.LineCount > lineEnd || (!context.WantsNearest && !float.IsNaN(context.Hit.Similarity)))
                break;
            before = least;
            // What is left is almost in proportion to the chance where a wave ends.
            least = least > last ? least / WaveRatio : least * Math.Clamp(-MathF.Log(missed) / wanted, 0.5f, 0.95f);
        }
        Drain(context, space, bands, similarity);
        return sure || (!context.WantsNearest && !float.IsNaN(context.Hit.Similarity));
    }

    /// <summary>Asks the query's own keys in some tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskBaseKeys(SearchContext context, UInt128 space, BandTable bands, float similarity, int first, int end)
    {
        for (int table = first; table < end; table++)
        {
            uint key = bands.KeyOf(context.Sketch, table);
            context.Keys[table] = key;
            Kernel.Prefetch(bands.LineOf(table, key, out _));
        }
        for (int table = first; table < end; table++)
        {
            BandLine* line = bands.LineOf(table, context.Keys[table], out byte tag);
            Collect(context, space, bands, line, tag, similarity);
        }
        sieve.Drain(context, bands.Sketches, space, similarity);
    }

    /// <summary>Asks all keys of a table with up to three turned signs whose chance lies in [least, before).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskTurnedKeys(SearchContext context, UInt128 space, BandTable bands, int table, float similarity, float least, float before)
    {
        float chance = context.BaseChances[table];
        int count = SortTurnable(context, bands, table, least / chance);
        float* odds = context.TurnedOdds + table * BandTable.TurnedCountMax;
        uint* signs = context.TurnedSigns + table * BandTable.TurnedCountMax;
        uint key = context.Keys[table];
        for (int i = 0; i < count; i++)
        {
            float one = chance * odds[i];
            if (one < before)
                Ask(context, space, bands, table, key ^ signs[i], one, similarity);
            // Odds fall: once a combination is too unlikely, so are those that follow it.
            for (int j = i + 1; j < count; j++)
            {
                float two = one * odds[j];
                if (two < least)
                    break;
                if (two < before)
                    Ask(context, space, bands, table, key ^ signs[i] ^ signs[j], two, similarity);
                for (int k = j + 1; k < count; k++)
                {
                    float three = two * odds[k];
                    if (three < least)
                        break;
                    if (three < before)
                        Ask(context, space, bands, table, key ^ signs[i] ^ signs[j] ^ signs[k], three, similarity);
                }
            }
        }
    }

    /// <summary>Sorts the signs of a key that are likely enough to be turned into the context, behind those that are there from an earlier wave.</summary>
    /// <returns>How many there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SortTurnable(SearchContext context, BandTable bands, int table, float oddsMin)
    {
        float* own = context.Odds + table * bands.KeyLength;
        float* odds = context.TurnedOdds + table * BandTable.TurnedCountMax;
        uint* signs = context.TurnedSigns + table * BandTable.TurnedCountMax;
        int done = context.TurnedCounts[table], count = done;
        ulong turnable = Between(own, oddsMin, context.TurnedLeast[table]);
        if (bands.KeyLength > FloatLoops.LaneCount)
            turnable |= Between(own + FloatLoops.LaneCount, oddsMin, context.TurnedLeast[table]) << FloatLoops.LaneCount;
        for (turnable &= (1ul << bands.KeyLength) - 1; turnable != 0; turnable &= turnable - 1)
        {
            int sign = BitOperations.TrailingZeroCount(turnable);
            int place = count++;
            for (; place > done && odds[place - 1] < own[sign]; place--)
            {
                odds[place] = odds[place - 1];
                signs[place] = signs[place - 1];
            }
            odds[place] = own[sign];
            signs[place] = 1u << sign;
        }
        context.TurnedCounts[table] = count;
        context.TurnedLeast[table] = oddsMin;
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Between(float* odds, float least, float before)
    {
        Vector512<float> sixteen = Vector512.Load(odds);
        return (Vector512.GreaterThanOrEqual(sixteen, Vector512.Create(least)) & Vector512.LessThan(sixteen, Vector512.Create(before))).ExtractMostSignificantBits();
    }

    /// <summary>Asks a key. Its line is read some keys later, when it has come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ask(SearchContext context, UInt128 space, BandTable bands, int table, uint key, float chance, float similarity)
    {
        context.Chances[table] += chance;
        BandLine* line = bands.LineOf(table, key, out byte tag);
        Kernel.Prefetch(line);
        context.Lines[context.LineTotal++] = ((nint)line, tag);
        if (context.LineTotal < SearchContext.LineBatchLength)
            return;
        // First the sketches that the batch before asked for.
        sieve.Drain(context, bands.Sketches, space, similarity);
        DrainLines(context, space, bands, similarity);
    }

    private void Drain(SearchContext context, UInt128 space, BandTable bands, float similarity)
    {
        DrainLines(context, space, bands, similarity);
        sieve.Drain(context, bands.Sketches, space, similarity);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void DrainLines(SearchContext context, UInt128 space, BandTable bands, float similarity)
    {
        for (int i = 0; i < context.LineTotal; i++)
            Collect(context, space, bands, (BandLine*)context.Lines[i].Line, context.Lines[i].Tag, similarity);
        context.LineTotal = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Collect(SearchContext context, UInt128 space, BandTable bands, BandLine* line, byte tag, float similarity)
    {
        for (; line is not null; line = bands.NextOf(line))
        {
            context.Work.LineCount++;
            for (uint places = BandTable.Matches(line, tag); places != 0; places &= places - 1)
                sieve.Offer(context, bands.Sketches, space, line->Slots[BitOperations.TrailingZeroCount(places)], similarity);
            // In a family of near-duplicates chains are long: a hit ends them.
            if (!context.WantsNearest && !float.IsNaN(context.Hit.Similarity))
                return;
        }
    }
}
