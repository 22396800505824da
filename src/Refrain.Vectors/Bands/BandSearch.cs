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
    /// <summary>Each wave of turned keys reaches down to this share of the chance that the wave before ended at.</summary>
    private const float WaveRatio = 0.6f;

    /// <summary>Lines after which the graph is cheaper when the nearest is wanted.</summary>
    private const int NearestLineCountMax = 1024;

    /// <summary>Tables that are asked before the others.</summary>
    private const int FirstTableCount = 8;

    private const float FirstWave = 0.2f;
    private const float LastWave = 1e-5f;

    /// <summary>
    /// Looks for a vector within the angle. The context holds the query; it is prepared and its limits are set. What is found stands in its
    /// <see cref="SearchContext.Hit"/> and <see cref="SearchContext.Nearest"/>.
    /// </summary>
    /// <returns>True if the outcome is settled: a hit, or a miss as sure as asked for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TrySettle(SearchContext context, UInt128 space, BandTable bands, float similarity, int entryCount)
    {
        context.WantsNearest = false;
        AskBaseKeys(context, space, bands, similarity);
        if (!float.IsNaN(context.Hit.Similarity))
            return true;
        // Beyond so many lines it is cheaper to compare all sketches, one after the other.
        if (!AskUntilSure(context, space, bands, similarity, similarity, Math.Clamp(entryCount / 8, 256, 6144)))
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
        AskBaseKeys(context, space, bands, similarity);
        float nearest = context.Hit.Similarity;
        if (float.IsNaN(nearest))
            return false;
        context.Limits.Reset(context.CentredNorm, 2 - 2 * nearest + Certificate.RoundingSquare);
        return AskUntilSure(context, space, bands, similarity, nearest, NearestLineCountMax);
    }

    /// <summary>Asks turned keys until nothing nearer than an angle can have been missed; unless the nearest is wanted, or until there is a hit.</summary>
    /// <param name="context">The query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="bands">The tables.</param>
    /// <param name="similarity">What a hit must have.</param>
    /// <param name="sureOf">Cosine of the angle.</param>
    /// <param name="lineCountMax">After so many lines it gives up.</param>
    /// <returns>False: it gave up.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool AskUntilSure(SearchContext context, UInt128 space, BandTable bands, float similarity, float sureOf, int lineCountMax)
    {
        if (!Certificate.TryPrepare(context, bands, 2 - 2 * sureOf, dimensions))
            return false;
        double missChanceMax = 1 - missConfidence;
        long lineEnd = context.Work.LineCount + lineCountMax;
        for (float least = FirstWave, before = float.PositiveInfinity; Certificate.MissChance(context, bands.TableCount) > missChanceMax; before = least, least *= WaveRatio)
        {
            if (least < LastWave || context.Work.LineCount > lineEnd)
                return false;
            AskTurnedKeys(context, space, bands, similarity, least, before);
            if (!context.WantsNearest && !float.IsNaN(context.Hit.Similarity))
                return true;
        }
        return true;
    }

    /// <summary>Asks the query's own keys: those of the first tables, which have nearly every hit, before the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskBaseKeys(SearchContext context, UInt128 space, BandTable bands, float similarity)
    {
        int end = 0;
        for (int first = 0; first < bands.TableCount; first = end)
        {
            end = first == 0 && !context.WantsNearest ? Math.Min(FirstTableCount, bands.TableCount) : bands.TableCount;
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
            if (!context.WantsNearest && !float.IsNaN(context.Hit.Similarity))
                return;
        }
    }

    /// <summary>Asks all keys with up to three turned signs whose chance lies in [least, before).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskTurnedKeys(SearchContext context, UInt128 space, BandTable bands, float similarity, float least, float before)
    {
        uint* bits = stackalloc uint[32];
        float* odds = stackalloc float[32];
        for (int table = 0; table < bands.TableCount; table++)
        {
            float chance = context.BaseChances[table];
            if (chance < least)
                continue;
            float* own = context.Odds + table * bands.KeyLength;
            float oddsMin = least / chance;
            int count = 0;
            ulong turnable = Vector512.GreaterThanOrEqual(Vector512.Load(own), Vector512.Create(oddsMin)).ExtractMostSignificantBits();
            if (bands.KeyLength > FloatLoops.LaneCount)
                turnable |= Vector512.GreaterThanOrEqual(Vector512.Load(own + FloatLoops.LaneCount), Vector512.Create(oddsMin)).ExtractMostSignificantBits() << FloatLoops.LaneCount;
            for (turnable &= (1ul << bands.KeyLength) - 1; turnable != 0; turnable &= turnable - 1)
            {
                int i = BitOperations.TrailingZeroCount(turnable);
                bits[count] = 1u << i;
                odds[count++] = chance * own[i];
            }
            uint key = context.Keys[table];
            for (int i = 0; i < count; i++)
            {
                AskIfDue(context, space, bands, table, key ^ bits[i], odds[i], similarity, least, before);
                for (int j = i + 1; j < count; j++)
                {
                    float two = odds[i] * odds[j] / chance;
                    if (two < least)
                        continue;
                    AskIfDue(context, space, bands, table, key ^ bits[i] ^ bits[j], two, similarity, least, before);
                    for (int k = j + 1; k < count; k++)
                    {
                        float three = two * odds[k] / chance;
                        if (three >= least)
                            AskIfDue(context, space, bands, table, key ^ bits[i] ^ bits[j] ^ bits[k], three, similarity, least, before);
                    }
                }
            }
        }
        DrainLines(context, space, bands, similarity);
        sieve.Drain(context, bands.Sketches, space, similarity);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskIfDue(SearchContext context, UInt128 space, BandTable bands, int table, uint key, float chance, float similarity, float least, float before)
    {
        if (chance < least || chance >= before)
            return;
        context.Chances[table] += chance;
        BandLine* line = bands.LineOf(table, key, out byte tag);
        Kernel.Prefetch(line);
        // The line is read some probes later, when it has come.
        context.Lines[context.LineTotal++] = ((nint)line, tag);
        if (context.LineTotal == SearchContext.LineBatchLength)
            DrainLines(context, space, bands, similarity);
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
