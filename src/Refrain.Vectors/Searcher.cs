using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Chooses the way of a search: bands, then sketches one after the other. Holds no state of a search: that is the context's.</summary>
internal sealed unsafe class Searcher
{
    /// <summary>More candidates than asked for are scored by all their bits, because bytes alone may have them in the wrong order.</summary>
    private const int SpareCount = 8;

    /// <summary>If the nearest is at least this near, once the mean is taken away, the tables are asked for it before the graph is.</summary>
    private const float NearSimilarity = 0.85f;

    /// <summary>Up to as many vectors all sketches are compared where bands settle nothing; beyond, the graph is searched, which may miss.</summary>
    private const int ScanCountMax = 100_000;

    /// <summary>In the time that the graph takes for a candidate of EfSearch, more than so many codes are compared.</summary>
    private const int CodesPerCandidate = 4;

    /// <summary>As long as more vectors wait to be linked, all sketches are compared.</summary>
    private const int UnlinkedCountMax = 4096;

    private readonly int _efSearch;
    private readonly long _sketchesPerCandidate;
    private readonly Writer _writer;
    private readonly Scorer _scorer;
    private readonly Sieve _sieve;
    private readonly BandSearch _bands;
    private readonly SketchScan _scan;
    private readonly GraphSearch _graph;

    /// <param name="arena">The stored vectors.</param>
    /// <param name="writer">Who knows the sketches as they are now.</param>
    /// <param name="links">The links of the graph.</param>
    /// <param name="options">What the index is for.</param>
    public Searcher(Arena arena, Writer writer, Links links, VectorIndexOptions options)
    {
        _efSearch = options.EfSearch;
        _sketchesPerCandidate = options.SketchesPerCandidate;
        _writer = writer;
        _scorer = new Scorer(arena, options.Dimensions);
        _sieve = new Sieve(arena, _scorer);
        _bands = new BandSearch(_sieve, options.Dimensions, options.MissConfidence);
        _scan = new SketchScan(arena, _scorer, _sieve);
        _graph = new GraphSearch(arena, links, _scorer);
    }

    /// <inheritdoc cref="Scorer.Fetcher"/>
    public IFetcher? Fetcher { set => _scorer.Fetcher = value; }

    /// <summary>Whether a vector lies within the angle.</summary>
    /// <param name="context">The prepared query.</param>
    /// <param name="space">Where to look.</param>
    /// <param name="similarity">Cosine that is near enough.</param>
    /// <param name="match">The nearest that was looked at.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryFind(SearchContext context, Namespace space, float similarity, out VectorMatch match)
    {
        Search(context, space, similarity);
        match = context.Hit;
        if (!float.IsNaN(match.Similarity))
            return true;
        uint nearest = context.Nearest.Slot;
        if (nearest == SlotList.Removed || !_scorer.TryScoreFine(context, space.Id, nearest, out match))
            match = new VectorMatch(default, float.NaN);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Search(SearchContext context, Namespace space, float similarity)
    {
        Sketches sketches = _writer.Sketches;
        sketches.Measure(context);
        context.Limits.Reset(context.CentredNorm, 2 - 2 * similarity + Certificate.RoundingSquare);
        context.BeginSearch();
        BandTable? bands = space.Bands;
        // While the mean is being measured anew, tables and sketches may not belong together.
        if (bands is null || bands.Sketches != sketches)
        {
            _scan.Judge(context, space, sketches, similarity);
        }
        else if (!_bands.TrySettle(context, space.Id, bands, similarity, space.Count))
        {
            context.Work.UncertainCount++;
            SlotList list = space.List;
            if (space.Count <= ScanCountMax || !IsLinked(list))
                _scan.Judge(context, space, sketches, similarity);
            else
                Walk(context, space, list, sketches, similarity);
        }
    }

    /// <summary>The nearest vectors, best first.</summary>
    /// <returns>How many were found.</returns>
    public int Find(SearchContext context, Namespace space, Span<VectorMatch> matches, float similarity, int? efSearch)
    {
        Sketches sketches = _writer.Sketches;
        sketches.Measure(context);
        context.BeginSearch();
        if (matches.Length == 1 && TryNearestByBands(context, space, sketches, similarity))
        {
            matches[0] = context.Hit;
            return 1;
        }
        SlotList list = space.List;
        int effort = Math.Max(efSearch ?? _efSearch, matches.Length + SpareCount), codeCountMax = int.MaxValue;
        // Read once, and before the graph is searched: a vector that is linked meanwhile is found behind it.
        int linked = IsLinked(list) ? list.LinkedCount : 0;
        if (linked > 0 && list.Slots.Length <= effort * _sketchesPerCandidate)
        {
            // What the sketches leave of the effort goes into codes.
            long left = effort - list.Slots.Length / _sketchesPerCandidate;
            (linked, codeCountMax) = (0, (int)(effort + CodesPerCandidate * left));
        }
        context.Best.Reset(linked > 0 ? effort : matches.Length + SpareCount);
        if (linked > 0)
            _graph.Find(context, space, sketches);
        _scan.Find(context, space, list, sketches, similarity - _scorer.CoarseError, linked, codeCountMax);
        int count = Refine(context, space, matches, similarity);
        // The tables may have met what the graph did not.
        if (!(context.Hit.Similarity >= similarity) || (count > 0 && context.Hit.Similarity <= matches[0].Similarity))
            return count;
        matches[0] = context.Hit;
        return 1;
    }

    /// <summary>Finds the nearest vector without the graph, where it is near enough for the tables to be sure of it.</summary>
    private bool TryNearestByBands(SearchContext context, Namespace space, Sketches sketches, float similarity)
    {
        if (space.Bands is not { } bands || bands.Sketches != sketches)
            return false;
        float least = MathF.Max(similarity, sketches.MeanSquare + (1 - sketches.MeanSquare) * NearSimilarity);
        context.Limits.Reset(context.CentredNorm, 2 - 2 * least + Certificate.RoundingSquare);
        return _bands.TryNearest(context, space.Id, bands, least);
    }

    /// <summary>Whether the graph covers all but a few of a namespace's vectors.</summary>
    private static bool IsLinked(SlotList list) => list.LinkedCount > 0 && list.Slots.Length - list.LinkedCount < UnlinkedCountMax;

    /// <summary>Puts what the graph finds nearest through the sieve, and what it does not cover yet.</summary>
    private void Walk(SearchContext context, Namespace space, SlotList list, Sketches sketches, float similarity)
    {
        context.Best.Reset(_efSearch);
        int linked = list.LinkedCount;
        _graph.Find(context, space, sketches);
        _scan.Find(context, space, list, sketches, similarity - _scorer.CoarseError, linked);
        foreach ((_, uint slot) in context.Best.Sorted())
            _sieve.Judge(context, space.Id, slot, similarity);
    }

    /// <summary>Scores the shortlist by all bits, and hands the best of it over.</summary>
    private int Refine(SearchContext context, Namespace space, Span<VectorMatch> matches, float similarity)
    {
        int count = 0;
        foreach ((float coarse, uint slot) in context.Best.Sorted())
        {
            if (count == matches.Length && coarse + _scorer.CoarseError < matches[count - 1].Similarity)
                break;
            if (!_scorer.TryScoreFine(context, space.Id, slot, out VectorMatch match) || match.Similarity < similarity - _scorer.FineError(similarity))
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
