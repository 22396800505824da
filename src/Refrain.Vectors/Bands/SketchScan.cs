using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// Finds the nearest vectors of a namespace by comparing all sketches: the most promising codes are scored first, and then all those
/// whose sketch does not rule out that they are nearer than the worst that is kept.
/// </summary>
/// <param name="scorer">Compares the query with one of them.</param>
internal sealed unsafe class SketchScan(Scorer scorer)
{
    /// <summary>Standard deviations that a sketch may be wrong by.</summary>
    private const float Deviations = 4.2f;

    private const int BinCount = 256;
    private const int Ahead = 8;
    private const int FirstRound = 32;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Find(SearchContext context, Namespace space, SlotList list, Sketches sketches, float least, int first)
    {
        Shortlist best = context.Best;
        Span<int> bins = stackalloc int[BinCount];
        for (int done = first; list.Slots.Length > done;)
        {
            ReadOnlySpan<uint> slots = list.Slots[done..];
            done += slots.Length;
            context.Work.SketchCount += slots.Length;
            Span<ushort> distances = context.DistancesFor(slots.Length);
            bins.Clear();
            uint end = sketches.SlotCount;
            for (int i = 0; i < slots.Length; i++)
            {
                // Each place is read once: it may be cleared at any time.
                uint slot = slots[i], ahead = i + Ahead < slots.Length ? slots[i + Ahead] : SlotList.Removed;
                if (ahead < end)
                    Kernel.Prefetch(sketches.Of(ahead));
                distances[i] = slot < end ? (ushort)HammingKernels.Distance(context.Sketch, sketches.Of(slot)) : ushort.MaxValue;
                if (slot < end)
                    bins[distances[i] / 2]++;
            }
            int lastBin = FirstBins(bins, Math.Max(FirstRound, 4 * best.Capacity));
            Score(context, space, sketches, slots, distances, least, 0, lastBin);
            Score(context, space, sketches, slots, distances, least, lastBin + 1, BinCount - 1);
        }
    }

    /// <summary>The last of the bins that together hold so many.</summary>
    private static int FirstBins(ReadOnlySpan<int> bins, int wanted)
    {
        int bin = 0;
        for (int count = bins[0]; count < wanted && bin < BinCount - 1; count += bins[bin])
            bin++;
        return bin;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score(
        SearchContext context, Namespace space, Sketches sketches, ReadOnlySpan<uint> slots, ReadOnlySpan<ushort> distances, float least, int firstBin, int lastBin)
    {
        Shortlist best = context.Best;
        for (int i = 0; i < slots.Length; i++)
        {
            int bin = distances[i] / 2;
            if (bin < firstBin || bin > lastBin)
                continue;
            uint slot = slots[i];
            if (slot >= sketches.SlotCount)
                continue;
            float wanted = MathF.Max(least, best.Threshold);
            if (GreatestSimilarity(context, sketches.Of(slot), distances[i]) < wanted)
                continue;
            if (scorer.TryScore(context, space.Id, slot, out float similarity) && similarity >= least)
                best.Offer(similarity, slot);
        }
    }

    /// <summary>The greatest similarity that a sketch does not rule out, from the two distances to the mean and the angle seen from there.</summary>
    private static float GreatestSimilarity(SearchContext context, byte* sketch, int distance)
    {
        float norm = (sketch[HammingKernels.SketchSize - 1] + 0.5f) * Sketches.NormStep;
        float own = context.CentredNorm;
        return 1 - (own * own + norm * norm - 2 * own * norm * Greatest[distance]) / 2 + Sketches.NormStep * 2;
    }
}
