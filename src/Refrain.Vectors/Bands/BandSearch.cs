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
    /// <summary>
    /// Down to which chance keys are asked: this times the power 1.5 of what the query's own keys contribute, as simulated queries have it (17 signs, 29 tables).
    /// A bad guess costs one more look at the chances, or lines.
    /// </summary>
    private const float LastFactor = 0.2f;

    /// <summary>Where that is farther down, the likelier keys are asked first: down to this chance, or to some times the last.</summary>
    private const float FirstChance = 0.1f;

    private const float FirstFactor = 4;

    /// <summary>Lines after which the graph is cheaper when the nearest is wanted.</summary>
    private const int NearestLineCountMax = 1024;

    /// <summary>Tables whose keys are asked before it is known which are the likeliest.</summary>
    private const int FirstTableCount = 8;

    /// <summary>Lines of chains that may wait for those that are asked for next.</summary>
    private const int LeftCountMax = SearchContext.LineBatchLength / 2;

    private const float LeastChance = 1e-5f;

    private readonly float _missChanceMax = (float)(1 - missConfidence);
    private readonly float _wanted = -MathF.Log((float)(1 - missConfidence));

    /// <summary>
    /// Looks for a vector within the angle. The context holds the query; it is prepared and its limits are set. What is found stands in its
    /// <see cref="SearchContext.Hit"/> and <see cref="SearchContext.Nearest"/>.
    /// </summary>
    /// <returns>True if the outcome is settled: a hit, or a miss as sure as asked for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TrySettle(SearchContext context, UInt128 space, BandTable bands, float similarity, int entryCount)
    {
        context.WantsNearest = false;
        // A few tables have nearly every hit. Whatever follows is prepared while their sketches are on the way.
        int asked = Math.Min(FirstTableCount, bands.TableCount);
        AskOwnKeys(context, space, bands, 0, asked, similarity);
        Finish(context, space, bands, similarity);
        if (context.HasEnough)
            return true;
        float last = 0, least = 0;
        bool isCertain = Certificate.TryPrepare(context, bands, 2 - 2 * similarity, dimensions);
        if (isCertain)
            least = AskLikelyOwnKeys(context, space, bands, asked, similarity, out last);
        else
            AskOwnKeys(context, space, bands, asked, bands.TableCount, similarity);
        sieve.Drain(context, bands.Sketches, space, similarity);
        if (context.HasEnough)
            return true;
        // After so many lines it would have been cheaper to compare all sketches, one after the other.
        if (isCertain && !AskUntilSure(context, space, bands, similarity, least, last, Math.Clamp(entryCount / 16, 256, 6144)))
            return false;
        Finish(context, space, bands, similarity);
        if (context.HasEnough)
            return true;
        if (isCertain)
            context.Work.CertifiedCount++;
        return isCertain;
    }

    /// <summary>
    /// Looks for the nearest vector, where one is so near that the tables can tell. The context is as for <see cref="TrySettle"/>, and so is what stands in it afterwards.
    /// </summary>
    /// <returns>True if nothing is nearer than the hit, as surely as was asked for; false if that cannot be told, whether there is a hit or not.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryNearest(SearchContext context, UInt128 space, BandTable bands, float similarity)
    {
        context.WantsNearest = true;
        AskOwnKeys(context, space, bands, 0, bands.TableCount, similarity);
        Finish(context, space, bands, similarity);
        float nearest = context.Hit.Similarity;
        if (float.IsNaN(nearest))
            return false;
        context.Limits.Reset(context.CentredNorm, 2 - 2 * nearest + Certificate.RoundingSquare);
        if (!Certificate.TryPrepare(context, bands, 2 - 2 * nearest, dimensions))
            return false;
        float least = AskLikelyOwnKeys(context, space, bands, bands.TableCount, similarity, out float last);
        if (!AskUntilSure(context, space, bands, similarity, least, last, NearestLineCountMax))
            return false;
        Finish(context, space, bands, similarity);
        return true;
    }

    /// <summary>Asks those of the query's own keys that are likely enough, beyond the tables that were asked already.</summary>
    /// <param name="context">The query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="bands">The tables.</param>
    /// <param name="askedCount">Of so many tables the query's own key was asked.</param>
    /// <param name="similarity">What a hit must have.</param>
    /// <param name="last">Down to this chance it will probably take.</param>
    /// <returns>Down to which chance it asked.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float AskLikelyOwnKeys(SearchContext context, UInt128 space, BandTable bands, int askedCount, float similarity, out float last)
    {
        // Of independent tables the logarithms of the chances to be missed add up.
        float own = -MathF.Log(Certificate.MissChance(context.BaseChances)) / _wanted;
        last = LastFactor * own * MathF.Sqrt(own);
        float least = last < FirstChance ? Math.Min(FirstFactor * last, FirstChance) : last;
        for (int table = 0; table < BandTable.TableCountMax; table++)
            context.Chances[table] = table < askedCount ? context.BaseChances[table] : 0;
        AskOwnKeys(context, space, bands, askedCount, similarity, least, float.PositiveInfinity);
        return least;
    }

    /// <summary>
    /// Asks keys with turned signs, the likeliest first, until nothing within the angle that the certificate was prepared for can have been missed; unless the nearest is
    /// wanted, or until there is a hit. The last lines are still on their way when it returns.
    /// </summary>
    /// <param name="context">The query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="bands">The tables.</param>
    /// <param name="similarity">What a hit must have.</param>
    /// <param name="least">Down to this chance the query's own keys were asked.</param>
    /// <param name="last">Down to this chance it will probably take.</param>
    /// <param name="lineCountMax">After so many lines it gives up.</param>
    /// <returns>False: it gave up.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool AskUntilSure(SearchContext context, UInt128 space, BandTable bands, float similarity, float least, float last, int lineCountMax)
    {
        context.LineEnd = context.Work.LineCount + lineCountMax;
        for (float before = float.PositiveInfinity; ;)
        {
            AskTurnedKeys(context, space, bands, similarity, least, before);
            if (least > last)
                Finish(context, space, bands, similarity);
            if (context.HasEnough)
                return true;
            float missed = Certificate.MissChance(context.Chances);
            if (missed <= _missChanceMax)
                return true;
            if (least < LeastChance || context.Work.LineCount > context.LineEnd)
                return false;
            before = least;
            // In the end, what is left is almost in proportion to the chance down to which keys were asked.
            least = least > last ? last : least * Math.Clamp(-MathF.Log(missed) / _wanted, 0.5f, 0.95f);
            AskOwnKeys(context, space, bands, 0, similarity, least, before);
        }
    }

    /// <summary>Asks the query's own keys whose chance lies in [least, before).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskOwnKeys(SearchContext context, UInt128 space, BandTable bands, int first, float similarity, float least, float before)
    {
        for (int table = first; table < bands.TableCount; table++)
        {
            float chance = context.BaseChances[table];
            if (chance < least || chance >= before || context.Chances[table] != 0)
                continue;
            context.Chances[table] = chance;
            Ask(context, space, bands, table, context.Keys[table] = bands.KeyOf(context.Sketch, table), similarity);
        }
    }

    /// <summary>Asks the query's own keys in some tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskOwnKeys(SearchContext context, UInt128 space, BandTable bands, int first, int end, float similarity)
    {
        for (int table = first; table < end; table++)
            Ask(context, space, bands, table, context.Keys[table] = bands.KeyOf(context.Sketch, table), similarity);
    }

    /// <summary>Asks all keys with up to three turned signs whose chance lies in [least, before), table by table, until there is enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskTurnedKeys(SearchContext context, UInt128 space, BandTable bands, float similarity, float least, float before)
    {
        float* chances = context.TurnedChances;
        int last = -1, count = 0;
        for (int i = 0; i < Rotation.ProjectionCountMin; i += 4 * FloatLoops.LaneCount)
        {
            ulong likely = Likely(chances + i, least) | (Likely(chances + i + FloatLoops.LaneCount, least) << FloatLoops.LaneCount)
                | (Likely(chances + i + 2 * FloatLoops.LaneCount, least) << (2 * FloatLoops.LaneCount))
                | (Likely(chances + i + 3 * FloatLoops.LaneCount, least) << (3 * FloatLoops.LaneCount));
            for (; likely != 0; likely &= likely - 1)
            {
                int sign = i + BitOperations.TrailingZeroCount(likely);
                int table = bands.TableOf(sign);
                // Two signs at once are less likely than either alone.
                if (table != last && count > 1)
                    AskTurnedTogether(context, space, bands, last, similarity, least, before);
                count = table == last ? count + 1 : 1;
                last = table;
                if (chances[sign] >= before)
                    continue;
                context.Chances[table] += chances[sign];
                Ask(context, space, bands, table, context.Keys[table] ^ (1u << (sign - table * bands.KeyLength)), similarity);
            }
            if (context.HasEnough || context.Work.LineCount > context.LineEnd)
                return;
        }
        if (count > 1)
            AskTurnedTogether(context, space, bands, last, similarity, least, before);
    }

    /// <summary>Asks all keys of a table with two or three turned signs whose chance lies in [least, before).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AskTurnedTogether(SearchContext context, UInt128 space, BandTable bands, int table, float similarity, float least, float before)
    {
        float chance = context.BaseChances[table], sum = 0;
        float* odds = context.TurnableOdds;
        uint* signs = context.TurnableSigns;
        int count = SortTurnable(context.Odds + table * bands.KeyLength, bands.KeyLength, least / chance, odds, signs);
        uint key = context.Keys[table];
        for (int i = 0; i < count; i++)
        {
            float one = chance * odds[i];
            // Odds fall: once a combination is too unlikely, so are those that follow it.
            for (int j = i + 1; j < count; j++)
            {
                float two = one * odds[j];
                if (two < least)
                    break;
                if (two < before)
                {
                    sum += two;
                    Ask(context, space, bands, table, key ^ signs[i] ^ signs[j], similarity);
                }
                for (int k = j + 1; k < count; k++)
                {
                    float three = two * odds[k];
                    if (three < least)
                        break;
                    if (three >= before)
                        continue;
                    sum += three;
                    Ask(context, space, bands, table, key ^ signs[i] ^ signs[j] ^ signs[k], similarity);
                }
            }
        }
        context.Chances[table] += sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Likely(float* chances, float least) =>
        Vector512.GreaterThanOrEqual(Vector512.Load(chances), Vector512.Create(least)).ExtractMostSignificantBits();

    /// <summary>Sorts the signs of a key that are likely enough to be turned, the likeliest first.</summary>
    /// <returns>How many there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SortTurnable(float* own, int keyLength, float oddsMin, float* odds, uint* signs)
    {
        Vector512<float> least = Vector512.Create(oddsMin);
        ulong turnable = Vector512.GreaterThanOrEqual(Vector512.Load(own), least).ExtractMostSignificantBits();
        if (keyLength > FloatLoops.LaneCount)
            turnable |= Vector512.GreaterThanOrEqual(Vector512.Load(own + FloatLoops.LaneCount), least).ExtractMostSignificantBits() << FloatLoops.LaneCount;
        int count = 0;
        for (turnable &= (1ul << keyLength) - 1; turnable != 0; turnable &= turnable - 1)
        {
            int sign = BitOperations.TrailingZeroCount(turnable);
            int place = count++;
            for (; place > 0 && odds[place - 1] < own[sign]; place--)
            {
                odds[place] = odds[place - 1];
                signs[place] = signs[place - 1];
            }
            odds[place] = own[sign];
            signs[place] = 1u << sign;
        }
        return count;
    }

    /// <summary>Asks a key. Its line is read some keys later, when it has come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ask(SearchContext context, UInt128 space, BandTable bands, int table, uint key, float similarity)
    {
        BandLine* line = bands.LineOf(table, key, out byte tag);
        Kernel.Prefetch(line);
        int count = context.LineTotal;
        context.Lines[count] = (nint)line;
        context.Tags[count] = tag;
        context.LineTotal = count + 1;
        if (count + 1 < SearchContext.LineBatchLength)
            return;
        // First the sketches that the batch before asked for.
        sieve.Drain(context, bands.Sketches, space, similarity);
        Collect(context, space, bands, similarity, LeftCountMax);
    }

    /// <summary>Looks at all that was asked for.</summary>
    private void Finish(SearchContext context, UInt128 space, BandTable bands, float similarity)
    {
        Collect(context, space, bands, similarity, 0);
        sieve.Drain(context, bands.Sketches, space, similarity);
    }

    /// <summary>Reads the lines that were asked for, and asks for the sketches of those that stand there.</summary>
    /// <param name="context">The query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="bands">The tables.</param>
    /// <param name="similarity">What a hit must have.</param>
    /// <param name="leftCountMax">So many lines, which others lead to, may be left for the next time: they come from memory meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Collect(SearchContext context, UInt128 space, BandTable bands, float similarity, int leftCountMax)
    {
        Sketches sketches = bands.Sketches;
        uint end = sketches.SlotCount;
        nint* lines = context.Lines;
        byte* tags = context.Tags;
        uint* pending = context.Pending;
        int count = context.PendingCount;
        // Round by round: what follows in a chain is fetched while the other chains are looked at.
        int length = context.LineTotal;
        while (length > leftCountMax && !context.HasEnough)
        {
            context.Work.LineCount += length;
            int left = 0;
            for (int i = 0; i < length; i++)
            {
                var line = (BandLine*)lines[i];
                byte tag = tags[i];
                for (uint places = BandTable.Matches(line, tag); places != 0; places &= places - 1)
                {
                    uint slot = line->Slots[BitOperations.TrailingZeroCount(places)];
                    if (slot >= end)
                        continue;
                    Kernel.Prefetch(sketches.Of(slot));
                    // What stands in two of the first lines is most likely the hit.
                    if (length <= FirstTableCount && IsAmong(pending, count, slot))
                        sieve.Expect(slot);
                    pending[count++] = slot;
                }
                if (count > SearchContext.BatchLength - BandLine.SlotCount)
                {
                    count = Drain(context, space, sketches, count, similarity);
                    // In a family of near-duplicates chains are long: a hit ends them.
                    if (context.HasEnough)
                        break;
                }
                BandLine* next = bands.NextOf(line);
                if (next is null)
                    continue;
                Kernel.Prefetch(next);
                lines[left] = (nint)next;
                tags[left++] = tag;
            }
            length = left;
            // The sketches come before the next lines of the chains, and may make them needless.
            if (length > leftCountMax && count > 0)
                count = Drain(context, space, sketches, count, similarity);
        }
        context.LineTotal = context.HasEnough ? 0 : length;
        context.PendingCount = count;
    }

    /// <summary>Whether a slot stands among the first sixteen of some.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsAmong(uint* slots, int count, uint slot) =>
        (Vector512.Equals(Vector512.Load(slots), Vector512.Create(slot)).ExtractMostSignificantBits() & ((1ul << count) - 1)) != 0;

    /// <summary>Puts the candidates that wait through the sieve, in the midst of a batch.</summary>
    /// <returns>0: none is left that waits.</returns>
    private int Drain(SearchContext context, UInt128 space, Sketches sketches, int count, float similarity)
    {
        context.PendingCount = count;
        sieve.Drain(context, sketches, space, similarity);
        return 0;
    }
}
