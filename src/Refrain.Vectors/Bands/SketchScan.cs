using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Refrain.Vectors;

/// <summary>
/// Compares all sketches of a namespace with the query's. For the nearest the most promising codes are scored first, and then all those whose sketch does not rule out that they are nearer
/// than the worst that is kept; for a threshold those go through the sieve that may lie within the angle.
/// </summary>
/// <param name="arena">The slots.</param>
/// <param name="scorer">Compares the query with one of them.</param>
/// <param name="sieve">What candidates of a threshold search go through.</param>
internal sealed unsafe class SketchScan(Arena arena, Scorer scorer, Sieve sieve)
{
    /// <summary>Standard deviations that a sketch may be wrong by.</summary>
    private const float Deviations = 4.2f;

    private const int BinCount = 256;
    private const int AtOnce = 4;
    private const int FirstRound = 32;
    private const int CountedOneByOne = 16_384;
    private const int CountedStep = 8;

    /// <summary>Codes that are on their way from memory together.</summary>
    private const int FetchedAtOnce = 16;

    /// <summary>By the number of differing signs: the greatest cosine, seen from the mean, that is still likely.</summary>
    private static readonly float[] Greatest = [.. Enumerable.Range(0, HammingKernels.SignCount + 1).Select(h =>
    {
        float share = MathF.Max(h, 1) / HammingKernels.SignCount;
        float spread = MathF.Sqrt(HammingKernels.SignCount * share * (1 - MathF.Min(share, 0.999f)));
        return MathF.Cos(MathF.PI * MathF.Max(0, (h - Deviations * spread - 1) / HammingKernels.SignCount));
    })];

    /// <summary>Fills the context's shortlist, which was reset.</summary>
    /// <param name="context">The measured query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="list">Its slots, read after the search began.</param>
    /// <param name="sketches">The sketches as they are now.</param>
    /// <param name="least">Smallest similarity of interest.</param>
    /// <param name="first">Where in the list to begin.</param>
    /// <param name="codeCountMax">About so many codes are looked at, those whose sketches differ least. Default: all that may be near enough.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Find(SearchContext context, Namespace space, SlotList list, Sketches sketches, float least, int first, int codeCountMax = int.MaxValue)
    {
        Shortlist best = context.Best;
        Span<int> bins = stackalloc int[BinCount];
        for (int done = first; list.Slots.Length > done;)
        {
            ReadOnlySpan<uint> slots = list.Slots[done..];
            done += slots.Length;
            ReadOnlySpan<ushort> distances = Measure(context, sketches, slots);
            bins.Clear();
            // Of very many a part tells as well how far the most promising are.
            int step = slots.Length <= CountedOneByOne ? 1 : CountedStep;
            for (int i = 0; i < slots.Length; i += step)
                bins[Math.Min(distances[i] / 2, BinCount - 1)]++;
            int some = FirstBins(bins, Math.Max(FirstRound, 4 * best.Capacity) / step) * 2 + 1;
            Score(context, space, sketches, slots, distances, least, 0, some);
            Score(context, space, sketches, slots, distances, least, some + 1, FirstBins(bins, codeCountMax / step) * 2 + 1);
        }
    }

    /// <summary>Puts every vector through the sieve whose sketch does not rule out that it lies within the angle that the context's limits were set for.</summary>
    /// <param name="context">The measured query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="sketches">The sketches as they are now.</param>
    /// <param name="similarity">What a hit must have.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Judge(SearchContext context, Namespace space, Sketches sketches, float similarity)
    {
        // Again from where the list ended, until it ends there: a vector that moves is appended before it is taken away.
        SlotList list = space.List;
        int passed = 0;
        for (int done = 0; list.Slots.Length > done;)
        {
            ReadOnlySpan<uint> slots = list.Slots[done..];
            done += slots.Length;
            ReadOnlySpan<ushort> distances = Measure(context, sketches, slots);
            for (int i = 0; i < distances.Length; i += Vector512<ushort>.Count)
                for (ulong places = Within(distances, i, 0, context.Limits.Greatest); places != 0; places &= places - 1)
                {
                    int place = i + BitOperations.TrailingZeroCount(places);
                    // It may have been cleared meanwhile.
                    uint slot = slots[place];
                    if (slot >= sketches.SlotCount || !context.Limits.Allow(distances[place], sketches.Of(slot)[HammingKernels.SketchSize - 1]))
                        continue;
                    context.Survivors[passed++] = slot;
                    if (passed < SearchContext.BatchLength)
                        continue;
                    sieve.JudgeSurvivors(context, space.Id, passed, similarity);
                    passed = 0;
                }
        }
        sieve.JudgeSurvivors(context, space.Id, passed, similarity);
    }

    /// <summary>Compares all sketches with the query's; a slot without one is as far as can be.</summary>
    /// <returns>The distances, and behind them as many more, as far as can be, as make whole vectors.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ReadOnlySpan<ushort> Measure(SearchContext context, Sketches sketches, ReadOnlySpan<uint> slots)
    {
        context.Work.SketchCount += slots.Length;
        Span<ushort> distances = context.DistancesFor(slots.Length);
        distances[slots.Length..].Fill(ushort.MaxValue);
        byte* own = context.Sketch;
        uint end = sketches.SlotCount;
        int i = 0;
        for (; i <= slots.Length - AtOnce; i += AtOnce)
        {
            // Each place is read once: it may be cleared at any time.
            uint a = slots[i], b = slots[i + 1], c = slots[i + 2], d = slots[i + 3];
            if (Math.Max(Math.Max(a, b), Math.Max(c, d)) >= end)
            {
                for (int j = i; j < i + AtOnce; j++)
                    distances[j] = Distance(own, sketches, slots[j], end);
                continue;
            }
            ulong four = HammingKernels.Distances(own, sketches.Of(a), sketches.Of(b), sketches.Of(c), sketches.Of(d));
            Unsafe.WriteUnaligned(ref Unsafe.As<ushort, byte>(ref distances[i]), four);
        }
        for (; i < slots.Length; i++)
            distances[i] = Distance(own, sketches, slots[i], end);
        return distances;
    }

    private static ushort Distance(byte* own, Sketches sketches, uint slot, uint end) => slot < end ? (ushort)HammingKernels.Distance(own, sketches.Of(slot)) : ushort.MaxValue;

    /// <summary>The last of the bins that together hold so many.</summary>
    private static int FirstBins(ReadOnlySpan<int> bins, int wanted)
    {
        int bin = 0;
        for (int count = bins[0]; count < wanted && bin < BinCount - 1; count += bins[bin])
            bin++;
        return bin;
    }

    /// <summary>Which of the distances from a place on, as many as a vector has, lie between two: bit i for the i-th.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Within(ReadOnlySpan<ushort> distances, int place, int from, int to)
    {
        Vector512<ushort> some = Vector512.Create(distances[place..]);
        return (Vector512.GreaterThanOrEqual(some, Vector512.Create((ushort)from)) & Vector512.LessThanOrEqual(some, Vector512.Create((ushort)to))).ExtractMostSignificantBits();
    }

    /// <summary>Scores the slots whose sketches differ in so many signs, as long as that does not rule out that they are near enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score(
        SearchContext context, Namespace space, Sketches sketches, ReadOnlySpan<uint> slots, ReadOnlySpan<ushort> distances, float least, int from, int to)
    {
        int fetched = 0;
        for (int i = 0; i < distances.Length; i += Vector512<ushort>.Count)
            for (ulong places = Within(distances, i, from, to); places != 0; places &= places - 1)
            {
                int place = i + BitOperations.TrailingZeroCount(places);
                fetched = Fetch(context, sketches, slots[place], distances[place], least, fetched);
                if (fetched < FetchedAtOnce)
                    continue;
                fetched = ScoreFetched(context, space, fetched, least);
                to = Math.Min(to, GreatestDistance(context, MathF.Max(least, context.Best.Threshold)));
            }
        ScoreFetched(context, space, fetched, least);
    }

    /// <summary>Fetches a slot's code, if its sketch does not rule out that it is near enough.</summary>
    /// <returns>How many are fetched now.</returns>
    private int Fetch(SearchContext context, Sketches sketches, uint slot, int distance, float least, int fetched)
    {
        if (slot >= sketches.SlotCount || GreatestSimilarity(context, sketches.Of(slot), distance) < MathF.Max(least, context.Best.Threshold))
            return fetched;
        Kernel.PrefetchRange(arena.Record(slot), arena.Layout.RestOffset);
        context.Survivors[fetched] = slot;
        return fetched + 1;
    }

    /// <returns>0: none is left.</returns>
    private int ScoreFetched(SearchContext context, Namespace space, int fetched, float least)
    {
        for (int i = 0; i < fetched; i++)
            if (scorer.TryScore(context, space.Id, context.Survivors[i], out float similarity) && similarity >= least)
                context.Best.Offer(similarity, context.Survivors[i]);
        return 0;
    }

    /// <summary>The most signs in which a vector may differ that is near enough, however far from the mean it is.</summary>
    private static int GreatestDistance(SearchContext context, float wanted)
    {
        float own = context.CentredNorm;
        float sineSquare = 2 * (1 + Sketches.NormStep * 2 - wanted) / (own * own);
        if (!(sineSquare < 1))
            return HammingKernels.SignCount;
        float cosine = MathF.Sqrt(1 - sineSquare);
        // The cosines fall: all before this place are greater.
        int low = 0, high = Greatest.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = Greatest[middle] >= cosine ? (middle + 1, high) : (low, middle);
        }
        return low - 1;
    }

    /// <summary>The greatest similarity that a sketch does not rule out, from the two distances to the mean and the angle seen from there.</summary>
    private static float GreatestSimilarity(SearchContext context, byte* sketch, int distance)
    {
        float norm = (sketch[HammingKernels.SketchSize - 1] + 0.5f) * Sketches.NormStep;
        float own = context.CentredNorm;
        return 1 - (own * own + norm * norm - 2 * own * norm * Greatest[distance]) / 2 + Sketches.NormStep * 2;
    }
}
