namespace Refrain.Vectors.Tests;

/// <summary>In how many signs two vectors may differ.</summary>
public sealed class HammingLimitsTests
{
    private const float Angle = 2 - 2 * 0.95f;

    // Goal: nothing of an earlier search counts in a later one. Method: a limit is computed once, and asked for again when the counter of searches has come round.
    [Theory]
    [InlineData(1)]
    [InlineData((1 << 16) - 2)]
    [InlineData((1 << 16) - 1)]
    [InlineData(1 << 16)]
    public void What_an_earlier_search_allowed_says_nothing_about_a_later_one(int laterCount)
    {
        const byte NormByte = 120;
        var limits = new HammingLimits();
        limits.Reset(NormByte * Sketches.NormStep, Angle);
        Assert.True(limits.Allow(50, NormByte));
        for (int later = 0; later < laterCount; later++)
            limits.Reset(NormByte * Sketches.NormStep * 1.5f, Angle);
        Assert.False(limits.Allow(50, NormByte));
    }

    [Fact]
    public void The_same_signs_and_distance_from_the_mean_are_allowed_and_the_opposite_is_not()
    {
        var limits = new HammingLimits();
        limits.Reset(1, Angle);
        byte same = (byte)(1 / Sketches.NormStep + 0.5f);
        Assert.True(limits.Allow(0, same));
        Assert.True(limits.Allow(60, same));
        Assert.False(limits.Allow(150, same));
        Assert.False(limits.Allow(0, 20));
        Assert.False(limits.Allow(HammingKernels.SignCount, same));
    }
}
