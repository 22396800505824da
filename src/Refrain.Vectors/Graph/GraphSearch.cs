using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// Walks the graph of a namespace: sketches say which node to expand next, and the bytes of those expanded which are nearest. It starts at the best of a sample of nodes,
/// which does what a hierarchy would, and is never out of date.
/// </summary>
/// <param name="arena">The slots.</param>
/// <param name="links">The links in them.</param>
/// <param name="scorer">Compares the query with one of them.</param>
internal sealed unsafe class GraphSearch(Arena arena, Links links, Scorer scorer)
{
    private const int SampleCount = 384;
    private const int SeedCount = 6;

    /// <summary>Cosine of the angle that so many differing signs stand for.</summary>
    private static readonly float[] CosineOf = [.. Enumerable.Range(0, HammingKernels.SignCount + 1).Select(h => MathF.Cos(MathF.PI * h / HammingKernels.SignCount))];

    /// <summary>Fills the context's shortlist, which was reset.</summary>
    /// <param name="context">The measured query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="sketches">The sketches as they are now.</param>
    /// <param name="width">ef: nodes that are expanded at least.</param>
    /// <param name="except">A slot that is passed over: the one that is being linked.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Find(SearchContext context, Namespace space, Sketches sketches, int width, uint except = SlotList.Removed)
    {
        Beam beam = context.Beam;
        VisitedSet visited = context.Visited;
        beam.Reset(width);
        visited.Clear();
        Sample(context, space, sketches, except);
        uint* fresh = context.Survivors;
        while (beam.TryExpand(out uint slot))
        {
            byte* record = arena.Record(slot);
            Kernel.PrefetchRange(record, arena.Layout.RestOffset);
            uint* own = links.Of(slot);
            int count = 0;
            for (int i = 0; i < RecordLayout.LinkCount; i++)
            {
                // A link that leads nowhere becomes a number that no sketch has.
                uint other = own[i] - 1;
                if (other >= sketches.SlotCount || other == except || !visited.Add(other))
                    continue;
                Kernel.Prefetch(sketches.Of(other));
                fresh[count++] = other;
            }
            if (scorer.TryScore(context, space.Id, slot, out float similarity))
                context.Best.Offer(similarity, slot);
            context.Work.SketchCount += count;
            for (int i = 0; i < count; i++)
                beam.Offer(Estimate(context, sketches.Of(fresh[i])), fresh[i]);
        }
    }

    /// <summary>Puts the best of an even sample of the namespace into the beam.</summary>
    private void Sample(SearchContext context, Namespace space, Sketches sketches, uint except)
    {
        SlotList list = space.List;
        int linked = list.LinkedCount;
        ReadOnlySpan<uint> slots = list.Slots[..linked];
        int count = Math.Min(SampleCount, slots.Length);
        Span<(float Similarity, uint Slot)> seeds = stackalloc (float, uint)[SeedCount];
        seeds.Fill((float.NegativeInfinity, SlotList.Removed));
        for (int i = 0; i < count; i++)
        {
            uint slot = slots[(int)((long)i * slots.Length / count)];
            if (slot >= sketches.SlotCount || slot == except)
                continue;
            float similarity = Estimate(context, sketches.Of(slot));
            if (similarity <= seeds[^1].Similarity)
                continue;
            int place = SeedCount - 1;
            for (; place > 0 && seeds[place - 1].Similarity < similarity; place--)
                seeds[place] = seeds[place - 1];
            seeds[place] = (similarity, slot);
        }
        context.Work.SketchCount += count;
        foreach ((float similarity, uint slot) in seeds)
            if (slot != SlotList.Removed && context.Visited.Add(slot))
                context.Beam.Offer(similarity, slot);
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
