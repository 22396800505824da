namespace Refrain.Gateway.Tests;

public sealed class CalibrationTests
{
    private static readonly ScoredPair[] Pairs =
    [
        .. Enumerable.Repeat(new ScoredPair(true, 0.95f, Guards.None), 18),
        .. Enumerable.Repeat(new ScoredPair(false, 0.95f, Guards.Numbers), 4),
        .. Enumerable.Repeat(new ScoredPair(true, 0.85f, Guards.None), 20),
        .. Enumerable.Repeat(new ScoredPair(true, 0.85f, Guards.Negation), 2),
        .. Enumerable.Repeat(new ScoredPair(false, 0.85f, Guards.None), 2),
        .. Enumerable.Repeat(new ScoredPair(false, 0.70f, Guards.None), 44),
        new ScoredPair(false, -1, Guards.None),
    ];

    [Fact]
    public void A_threshold_is_counted_with_and_without_guards()
    {
        var calibration = new Calibration(Pairs);
        ThresholdRow guarded = calibration.At(0.85f, guarded: true), plain = calibration.At(0.85f, guarded: false);

        Assert.Equal((38 / 40.0, 2 / 51.0, 40, 2), (guarded.ValidFound, guarded.InvalidAccepted, guarded.Wrong.Hits, guarded.Wrong.Wrong));
        Assert.Equal((1, 6 / 51.0, 46, 6), (plain.ValidFound, plain.InvalidAccepted, plain.Wrong.Hits, plain.Wrong.Wrong));
    }

    [Theory]
    [InlineData(0.0, true, 0.95f)]
    [InlineData(0.05, true, 0.85f)]
    [InlineData(0.04, true, 0.95f)]
    [InlineData(0.9, true, 0.70f)]
    [InlineData(0.20, false, 0.85f)]
    public void The_lowest_threshold_within_the_target_is_suggested(double target, bool guarded, float expected) =>
        Assert.Equal(expected, new Calibration(Pairs).Suggest(target, guarded));

    [Fact]
    public void Nothing_is_suggested_where_no_threshold_will_do()
    {
        Assert.Null(new Calibration(Pairs).Suggest(0.01, guarded: false));
        Assert.Null(new Calibration(Pairs.Take(Calibration.HitCountMin - 1)).Suggest(0.01, guarded: true));
        Assert.Null(new Calibration([]).Suggest(0.5, guarded: true));
    }

    [Fact]
    public void The_area_under_the_curve_is_the_chance_that_a_valid_pair_is_nearer()
    {
        double expected = 0;
        ScoredPair[] valid = [.. Pairs.Where(pair => pair.IsValid)], invalid = [.. Pairs.Where(pair => !pair.IsValid)];
        foreach (ScoredPair a in valid)
        {
            foreach (ScoredPair b in invalid) expected += a.Similarity > b.Similarity ? 1 : a.Similarity == b.Similarity ? 0.5 : 0;
        }

        Assert.Equal(expected / (valid.Length * invalid.Length), new Calibration(Pairs).AreaUnderRoc(), 10);
    }

    [Fact]
    public void A_guard_is_charged_with_what_it_removes_and_costs() =>
        Assert.Equal([new GuardRow(Guards.Numbers, 4, 0), new GuardRow(Guards.Negation, 0, 2)], new Calibration(Pairs).GuardsAt(0.8f));

    // The figures are those of the formula, worked out by hand.
    [Theory]
    [InlineData(0, 0, 0, 1)]
    [InlineData(100, 0, 0, 0.0370)]
    [InlineData(100, 1, 0.0018, 0.0545)]
    [InlineData(10, 10, 0.7225, 1)]
    public void A_wrong_share_has_its_interval(int hits, int wrong, double lower, double upper)
    {
        var share = new WrongShare(hits, wrong);
        Assert.Equal(lower, share.Lower, 3);
        Assert.Equal(upper, share.Upper, 3);
    }
}
