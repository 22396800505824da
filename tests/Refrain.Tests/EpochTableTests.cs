namespace Refrain.Tests;

/// <summary>The numbers that an answer carries: those of the generation in which it began to be made, whatever has been asked for since.</summary>
public sealed class EpochTableTests
{
    private const ulong Seed = 7;

    private static readonly CacheScope Scope = CacheScope.Create("tenant", ("model", "m-1"));

    private readonly EpochTable _epochs = new();

    [Theory]
    [InlineData()]
    [InlineData("news")]
    public void What_was_begun_before_an_invalidation_is_outdated_by_it_and_what_was_begun_after_is_not(params string[] tags)
    {
        long before = _epochs.Generation;
        StoredEpoch[] first = NumbersFor(before, tags);
        Assert.True(_epochs.AreCurrent(first));
        _epochs.Advance(ScopeSubject());
        long after = _epochs.Generation;
        Assert.False(_epochs.AreCurrent(first));

        // In any order, and again: no numbers are handed out for another generation than theirs.
        foreach (bool isAfter in new[] { true, false, false, true, false })
            Assert.Equal(isAfter, _epochs.AreCurrent(NumbersFor(isAfter ? after : before, tags)));
    }

    [Theory]
    [InlineData()]
    [InlineData("news")]
    public void Each_invalidation_outdates_all_generations_before_it(params string[] tags)
    {
        var generations = new List<long> { _epochs.Generation };
        for (int i = 0; i < 5; i++)
        {
            if (i % 2 == 0)
                _epochs.Advance(ScopeSubject());
            else
                _epochs.Raise(ScopeSubject(), 100 * i);
            generations.Add(_epochs.Generation);
            Assert.Equal(generations.Count, generations.Distinct().Count());
            foreach (long generation in generations)
                Assert.Equal(generation == _epochs.Generation, _epochs.AreCurrent(NumbersFor(generation, tags)));
        }
    }

    [Fact]
    public void An_invalidation_of_another_subject_outdates_nothing_that_is_being_made()
    {
        long before = _epochs.Generation;
        _epochs.Advance(ScopeSubject());
        long between = _epochs.Generation;
        _epochs.Advance(EpochSubject.OfTag(Scope.Tenant, "sports", Seed));
        Assert.True(_epochs.AreCurrent(NumbersFor(between, [])));
        Assert.True(_epochs.AreCurrent(NumbersFor(between, ["news"])));
        Assert.False(_epochs.AreCurrent(NumbersFor(between, ["sports"])));
        Assert.False(_epochs.AreCurrent(NumbersFor(before, [])));
    }

    // Goal: a scope that two caches use carries each one's numbers. Method: the generations agree, the numbers do not.
    [Fact]
    public void Two_tables_share_no_numbers_though_they_share_a_scope_and_a_seed()
    {
        var other = new EpochTable();
        _epochs.Raise(ScopeSubject(), 9);
        other.Raise(ScopeSubject(), 3);
        Assert.Equal(_epochs.Generation, other.Generation);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(9, NumbersFor(_epochs.Generation, [])[2].Number);
            Assert.Equal(3, other.NumbersFor(Scope, [], Seed, other.Generation)[2].Number);
        }
    }

    private static UInt128 ScopeSubject() => Scope.DigestsUnder(Seed).ScopeSubject;

    private StoredEpoch[] NumbersFor(long generation, string[] tags) => _epochs.NumbersFor(Scope, tags, Seed, generation);
}
