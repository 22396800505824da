using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Takes candidates of a threshold search through sketch, bytes and all bits, a batch at a time, so that each batch's memory is fetched together.</summary>
/// <param name="arena">The slots.</param>
/// <param name="scorer">Compares the query with one of them.</param>
internal sealed unsafe class Sieve(Arena arena, Scorer scorer)
{
    private readonly int _codeEnd = arena.Layout.RestOffset;

    /// <summary>Adds a candidate; a full batch is looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(SearchContext context, Sketches sketches, UInt128 space, uint slot, float similarity)
    {
        if (slot >= sketches.SlotCount || !context.IsNew(slot))
            return;
        Kernel.Prefetch(sketches.Of(slot));
        context.Pending[context.PendingCount++] = slot;
        if (context.PendingCount == SearchContext.BatchLength)
            Drain(context, sketches, space, similarity);
    }

    /// <summary>Looks at the candidates that wait.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Drain(SearchContext context, Sketches sketches, UInt128 space, float similarity)
    {
        int count = context.PendingCount;
        context.PendingCount = 0;
        context.Work.SketchCount += count;
        uint* pending = context.Pending;
        uint* survivors = context.Survivors;
        byte* own = context.Sketch;
        HammingLimits limits = context.Limits;
        int passed = 0;
        for (int i = 0; i < count; i++)
        {
            byte* sketch = sketches.Of(pending[i]);
            if (limits.Allow(HammingKernels.Distance(own, sketch), sketch[HammingKernels.SketchSize - 1]))
                survivors[passed++] = pending[i];
        }
        for (int i = 0; i < passed; i++)
            Kernel.PrefetchRange(arena.Record(survivors[i]), _codeEnd);
        for (int i = 0; i < passed; i++)
            Judge(context, space, survivors[i], similarity);
    }

    /// <summary>Scores a candidate, and keeps it if it is the nearest so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Judge(SearchContext context, UInt128 space, uint slot, float similarity)
    {
        if (!scorer.TryScore(context, space, slot, out float coarse))
            return;
        float best = context.Hit.Similarity;
        if (coarse >= similarity - scorer.CoarseError && !(coarse + scorer.CoarseError < best)
            && scorer.TryScoreFine(context, space, slot, out VectorMatch match) && match.Similarity >= similarity - scorer.FineError)
        {
            if (!(match.Similarity <= best))
                context.Hit = match;
        }
        else if (coarse > context.Nearest.Similarity)
        {
            context.Nearest = (coarse, slot);
        }
    }
}
