using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Takes candidates of a threshold search through sketch, bytes and all bits, a batch at a time, so that each batch's memory is fetched together.</summary>
/// <param name="arena">The slots.</param>
/// <param name="scorer">Compares the query with one of them.</param>
internal sealed unsafe class Sieve(Arena arena, Scorer scorer)
{
    /// <summary>So few are compared with all their bits at once: it takes longer to turn the query into bytes.</summary>
    private const int FewCount = 2;

    private readonly int _codeEnd = arena.Layout.RestOffset;
    private readonly int _restEnd = arena.Layout.LinksOffset;

    /// <summary>Fetches what a candidate will be compared with, if its sketch passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Expect(uint slot) => Kernel.PrefetchRange(arena.Record(slot), _restEnd);

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
            uint slot = pending[i];
            byte* sketch = sketches.Of(slot);
            if (limits.Allow(HammingKernels.Distance(own, sketch), sketch[HammingKernels.SketchSize - 1]) && context.IsNew(slot))
                survivors[passed++] = slot;
        }
        JudgeSurvivors(context, space, passed, similarity);
    }

    /// <summary>Scores the candidates whose sketches passed, and keeps the nearest so far.</summary>
    /// <param name="context">The query; the candidates stand in its <see cref="SearchContext.Survivors"/>.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="similarity">What a hit must have.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void JudgeSurvivors(SearchContext context, UInt128 space, int count, float similarity)
    {
        uint* survivors = context.Survivors;
        bool isFew = count <= FewCount && !context.IsEncoded;
        for (int i = 0; i < count; i++)
            Kernel.PrefetchRange(arena.Record(survivors[i]), isFew ? _restEnd : _codeEnd);
        for (int i = 0; i < count; i++)
        {
            if (!isFew)
                Judge(context, space, survivors[i], similarity);
            else if (scorer.TryScoreFine(context, space, survivors[i], out VectorMatch match))
                Keep(context, survivors[i], match, match.Similarity, similarity);
        }
    }

    /// <summary>Scores a candidate, and keeps it if it is the nearest so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Judge(SearchContext context, UInt128 space, uint slot, float similarity)
    {
        if (!scorer.TryScore(context, space, slot, out float coarse))
            return;
        if (coarse >= similarity - scorer.CoarseError && !(coarse + scorer.CoarseError < context.Hit.Similarity)
            && scorer.TryScoreFine(context, space, slot, out VectorMatch match))
            Keep(context, slot, match, coarse, similarity);
        else if (coarse > context.Nearest.Similarity)
            context.Nearest = (coarse, slot);
    }

    private void Keep(SearchContext context, uint slot, in VectorMatch match, float coarse, float similarity)
    {
        if (match.Similarity >= similarity - scorer.FineError(similarity))
        {
            if (!(match.Similarity <= context.Hit.Similarity))
                context.Hit = match;
        }
        else if (coarse > context.Nearest.Similarity)
        {
            context.Nearest = (coarse, slot);
        }
    }
}
