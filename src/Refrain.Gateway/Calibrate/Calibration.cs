namespace Refrain.Gateway;

/// <summary>Finds out from scored pairs what each threshold does, and the lowest one that keeps a target.</summary>
internal sealed class Calibration
{
    /// <summary>Hits without which a share says nothing.</summary>
    internal const int HitCountMin = 10;

    private readonly ScoredPair[] _descending;
    private readonly int _validCount;

    internal Calibration(IEnumerable<ScoredPair> pairs)
    {
        _descending = [.. pairs.OrderByDescending(pair => pair.Similarity)];
        _validCount = _descending.Count(pair => pair.IsValid);
    }

    /// <summary>Pairs.</summary>
    public int PairCount => _descending.Length;

    /// <summary>Valid ones among them.</summary>
    public int ValidCount => _validCount;

    /// <summary>What a threshold does.</summary>
    public ThresholdRow At(float threshold, bool guarded)
    {
        int valid = 0, invalid = 0;
        foreach (ScoredPair pair in _descending)
        {
            if (pair.Similarity < threshold) break;
            if (guarded && pair.RefusedBy != Guards.None) continue;
            if (pair.IsValid) valid++;
            else invalid++;
        }

        return new ThresholdRow(threshold, Ratio(valid, _validCount), Ratio(invalid, PairCount - _validCount), new WrongShare(valid + invalid, invalid));
    }

    /// <summary>
    /// The lowest similarity of any pair at which the share of wrong hits is still within the target; null where there is none with hits enough.
    /// </summary>
    public float? Suggest(double target, bool guarded)
    {
        float? found = null;
        int hits = 0, wrong = 0;
        for (int i = 0; i < _descending.Length; i++)
        {
            ScoredPair pair = _descending[i];
            if (!guarded || pair.RefusedBy == Guards.None)
            {
                hits++;
                wrong += pair.IsValid ? 0 : 1;
            }

            // Pairs of one similarity are in or out together.
            bool isLastOfItsKind = i + 1 == _descending.Length || _descending[i + 1].Similarity < pair.Similarity;
            if (isLastOfItsKind && hits >= HitCountMin && wrong <= target * hits && pair.Similarity > -1) found = pair.Similarity;
        }

        return found;
    }

    /// <summary>The curve of valid found over invalid accepted, from (0, 0) to (1, 1).</summary>
    public IReadOnlyList<(double InvalidAccepted, double ValidFound)> Roc(bool guarded)
    {
        var points = new List<(double, double)> { (0, 0) };
        int valid = 0, invalid = 0;
        for (int i = 0; i < _descending.Length; i++)
        {
            ScoredPair pair = _descending[i];
            bool passes = !guarded || pair.RefusedBy == Guards.None;
            if (passes && pair.IsValid) valid++;
            else if (passes) invalid++;
            bool isLastOfItsKind = i + 1 == _descending.Length || _descending[i + 1].Similarity < pair.Similarity;
            if (isLastOfItsKind) points.Add((Ratio(invalid, PairCount - _validCount), Ratio(valid, _validCount)));
        }

        points.Add((1, 1));
        return points;
    }

    /// <summary>The chance that a valid pair is more similar than an invalid one; a tie counts half.</summary>
    public double AreaUnderRoc()
    {
        double area = 0;
        IReadOnlyList<(double X, double Y)> points = Roc(guarded: false);
        for (int i = 1; i < points.Count; i++) area += (points[i].X - points[i - 1].X) * (points[i].Y + points[i - 1].Y) / 2;
        return area;
    }

    /// <summary>What each guard removes and costs among the pairs at or above a threshold; guards that never refused are left out.</summary>
    public IReadOnlyList<GuardRow> GuardsAt(float threshold) =>
        [.. _descending.Where(pair => pair.Similarity >= threshold && pair.RefusedBy != Guards.None)
            .GroupBy(pair => pair.RefusedBy)
            .Select(group => new GuardRow(group.Key, group.Count(pair => !pair.IsValid), group.Count(pair => pair.IsValid)))
            .OrderByDescending(row => row.InvalidRefused)];

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
