using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// Walks the graph of a namespace. Sketches say where to look next; bytes, which cost ten times as much to fetch, are compared only of nodes that look nearer than the
/// worst that is kept; and only those that are nearer by their bytes are expanded. It starts at the best of a sample of nodes, which does what a hierarchy would, and is
/// never out of date.
/// </summary>
/// <param name="arena">The slots.</param>
/// <param name="links">The links in them.</param>
/// <param name="scorer">Compares the query with one of them.</param>
internal sealed unsafe class GraphSearch(Arena arena, Links links, Scorer scorer)
{
    private const int SampleCount = 384;
    private const int SeedCount = 8;

    /// <summary>Nodes that are looked at together, so that the sketches around them are fetched together.</summary>
    public const int AtOnce = 4;

    /// <summary>The nodes likely to be next, whose codes and links are fetched meanwhile.</summary>
    private const int Ahead = 2;

    /// <summary>Cosine of the angle that so many differing signs stand for.</summary>
    private static readonly float[] CosineOf = [.. Enumerable.Range(0, HammingKernels.SignCount + 1).Select(h => MathF.Cos(MathF.PI * h / HammingKernels.SignCount))];

    /// <summary>Fills the context's shortlist, which was reset: as many as it keeps are expanded at least (ef).</summary>
    /// <param name="context">The measured query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="sketches">The sketches as they are now.</param>
    /// <param name="except">A slot that is passed over: the one that is being linked.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Find(SearchContext context, Namespace space, Sketches sketches, uint except = SlotList.Removed)
    {
        Frontier frontier = context.Frontier;
        VisitedSet visited = context.Visited;
        Shortlist best = context.Best;
        frontier.Clear();
        visited.Reset(sketches.SlotCount);
        Sample(context, space, sketches, except);
        uint* taken = stackalloc uint[AtOnce];
        while (true)
        {
            int takenCount = 0;
            while (takenCount < AtOnce && frontier.TryPeek(0, out float estimate, out uint slot) && estimate >= best.Threshold)
            {
                frontier.Pop();
                byte* record = arena.Record(slot);
                Kernel.PrefetchRange(record, arena.Layout.RestOffset);
                Kernel.PrefetchRange((byte*)links.Of(slot), RecordLayout.LinkCount * sizeof(uint));
                taken[takenCount++] = slot;
            }
            if (takenCount == 0)
                return;
            int count = 0;
            for (int i = 0; i < takenCount; i++)
            {
                float before = best.Threshold;
                if (scorer.TryScore(context, space.Id, taken[i], out float similarity))
                    best.Offer(similarity, taken[i]);
                if (similarity >= before)
                    count = Gather(context, sketches, taken[i], count, except);
            }
            Weigh(context, sketches, count, best.Threshold);
        }
    }

    /// <summary>Fetches the sketches of those neighbours of a node that were not met before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Gather(SearchContext context, Sketches sketches, uint slot, int count, uint except)
    {
        VisitedSet visited = context.Visited;
        uint* fresh = context.Fresh;
        uint* own = links.Of(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
        {
            // A link that leads nowhere becomes a number that no sketch has.
            uint other = own[i] - 1;
            if (other >= sketches.SlotCount || other == except || !visited.Add(other))
                continue;
            Kernel.Prefetch(sketches.Of(other));
            fresh[count++] = other;
        }
        return count;
    }

    /// <summary>Takes along those that look near enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Weigh(SearchContext context, Sketches sketches, int count, float least)
    {
        context.Work.SketchCount += count;
        uint* fresh = context.Fresh;
        for (int i = 0; i < count; i++)
        {
            float estimate = Estimate(context, sketches.Of(fresh[i]));
            if (estimate >= least)
                context.Frontier.Push(estimate, fresh[i]);
        }
        for (int i = 0; i < Ahead && context.Frontier.TryPeek(i, out _, out uint next); i++)
        {
            Kernel.PrefetchRange(arena.Record(next), arena.Layout.RestOffset);
            Kernel.PrefetchRange((byte*)links.Of(next), RecordLayout.LinkCount * sizeof(uint));
        }
    }

    /// <summary>Puts the best of an even sample of the namespace into the beam.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sample(SearchContext context, Namespace space, Sketches sketches, uint except)
    {
        SlotList list = space.List;
        int linked = list.LinkedCount;
        ReadOnlySpan<uint> slots = list.Slots[..linked];
        int count = Math.Min(SampleCount, slots.Length);
        uint* sample = stackalloc uint[SampleCount];
        int taken = 0;
        for (int i = 0; i < count; i++)
        {
            uint slot = slots[(int)((long)i * slots.Length / count)];
            if (slot >= sketches.SlotCount || slot == except)
                continue;
            Kernel.Prefetch(sketches.Of(slot));
            sample[taken++] = slot;
        }
        Span<(float Similarity, uint Slot)> seeds = stackalloc (float, uint)[SeedCount];
        seeds.Fill((float.NegativeInfinity, SlotList.Removed));
        for (int i = 0; i < taken; i++)
        {
            uint slot = sample[i];
            float similarity = Estimate(context, sketches.Of(slot));
            if (similarity <= seeds[^1].Similarity)
                continue;
            int place = SeedCount - 1;
            for (; place > 0 && seeds[place - 1].Similarity < similarity; place--)
                seeds[place] = seeds[place - 1];
            seeds[place] = (similarity, slot);
        }
        context.Work.SketchCount += taken;
        foreach ((float similarity, uint slot) in seeds)
            if (slot != SlotList.Removed && context.Visited.Add(slot))
                context.Frontier.Push(similarity, slot);
    }

    /// <summary>The similarity that a sketch suggests.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Estimate(SearchContext context, byte* sketch)
    {
        float norm = sketch[HammingKernels.SketchSize - 1] * Sketches.NormStep;
        float own = context.CentredNorm;
        return 1 - (own * own + norm * norm - 2 * own * norm * CosineOf[HammingKernels.Distance(context.Sketch, sketch)]) / 2;
    }
}
