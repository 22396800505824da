namespace Refrain.Vectors;

/// <summary>How a prepared query finds its way. Holds no state of a search: that is the context's.</summary>
/// <param name="arena">The stored vectors.</param>
/// <param name="scorer">Compares the query with one of them.</param>
internal sealed unsafe class Searcher(Arena arena, Scorer scorer)
{
    /// <summary>More candidates than asked for are scored by all their bits, because bytes alone may have them in the wrong order.</summary>
    private const int SpareCount = 8;

    private const int Ahead = 4;

    /// <summary>Whether a vector lies within the angle.</summary>
    /// <param name="context">The prepared query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="similarity">Cosine that is near enough.</param>
    /// <param name="match">The nearest that was looked at.</param>
    public bool TryFind(SearchContext context, Namespace space, float similarity, out VectorMatch match)
    {
        Span<VectorMatch> one = stackalloc VectorMatch[1];
        int count = FindOnce(context, space, one, -1);
        match = count == 0 ? new VectorMatch(default, float.NaN) : one[0];
        return count > 0 && match.Similarity >= similarity - scorer.FineError;
    }

    /// <summary>The nearest vectors, best first.</summary>
    /// <returns>How many were found.</returns>
    public int Find(SearchContext context, Namespace space, Span<VectorMatch> matches, float similarity) => FindOnce(context, space, matches, similarity);

    private int FindOnce(SearchContext context, Namespace space, Span<VectorMatch> matches, float similarity)
    {
        const int AttemptCountMax = 4;
        for (int attempt = 1; ; attempt++)
        {
            int removals = space.RemovalCount;
            int count = Scan(context, space, matches, similarity);
            if (count == matches.Length || removals == space.RemovalCount || attempt == AttemptCountMax)
                return count;
        }
    }

    private int Scan(SearchContext context, Namespace space, Span<VectorMatch> matches, float similarity)
    {
        Shortlist best = context.Best;
        best.Reset(matches.Length + SpareCount);
        float least = similarity - scorer.CoarseError;
        // Again from where the list ended, until it ends there: a vector that moves is appended before it is taken away.
        SlotList list = space.List;
        for (int done = 0; list.Slots.Length > done;)
        {
            ReadOnlySpan<uint> slots = list.Slots;
            for (; done < slots.Length; done++)
            {
                if (done + Ahead < slots.Length && slots[done + Ahead] != SlotList.Removed)
                    Kernel.PrefetchRange(arena.Record(slots[done + Ahead]), arena.Layout.RestOffset);
                if (slots[done] != SlotList.Removed && scorer.TryScore(context, space.Id, slots[done], out float found) && found >= least)
                    best.Offer(found, slots[done]);
            }
        }
        return Refine(context, space, best, matches, similarity);
    }

    /// <summary>Scores the shortlist by all bits, and hands the best of it over.</summary>
    private int Refine(SearchContext context, Namespace space, Shortlist best, Span<VectorMatch> matches, float similarity)
    {
        int count = 0;
        foreach ((float coarse, uint slot) in best.Sorted())
        {
            if (count == matches.Length && coarse + scorer.CoarseError < matches[count - 1].Similarity)
                break;
            if (!scorer.TryScoreFine(context, space.Id, slot, out VectorMatch match) || match.Similarity < similarity - scorer.FineError)
                continue;
            if (count == matches.Length && match.Similarity <= matches[count - 1].Similarity)
                continue;
            int place = count < matches.Length ? count++ : count - 1;
            for (; place > 0 && match.Similarity > matches[place - 1].Similarity; place--)
                matches[place] = matches[place - 1];
            matches[place] = match;
        }
        return count;
    }
}
