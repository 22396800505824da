namespace Tidy.Tests;

public sealed class TestsThatCanFailTests
{
    [Fact]
    public void Every_test_asserts_something() => Complaints.None(TestSources().GroupBy(file => file.Project).SelectMany(project => TestsThatCanFail.WithoutAssertion([.. project])));

    [Fact]
    public void No_test_is_switched_off() => Complaints.None(TestSources().SelectMany(TestsThatCanFail.SwitchedOff));

    [Fact]
    public void Every_test_is_named_by_a_sentence() => Complaints.None(TestSources().SelectMany(TestsThatCanFail.WithoutSentence));

    [Theory]
    [InlineData("class Planted { [Fact] public void Nothing_is_asserted_here() { Call(); } void Call() { } }")]
    [InlineData("class Planted { [Theory] public void Nothing_is_asserted_here(int value) { _ = value; } }")]
    [InlineData("class Planted { [Fact] public void Nothing_is_asserted_here() { Nothing_is_asserted_here(); } }")]
    public void A_test_that_cannot_fail_is_rejected(string source) => Complaints.Rejects(TestsThatCanFail.WithoutAssertion([Planted(source)]), "asserts nothing");

    [Theory]
    [InlineData("class Planted { [Fact] public void It_asserts_by_itself() { Assert.True(Go()); } }")]
    [InlineData("class Planted { [Fact] public void It_asserts_elsewhere() { Check(); } void Check() { Assert.True(Go()); } }")]
    [InlineData("class Planted { [Property] public bool It_is_a_property(int value) => value == value; }")]
    public void A_test_that_can_fail_is_allowed(string source) => Complaints.None(TestsThatCanFail.WithoutAssertion([Planted(source)]));

    [Fact]
    public void A_test_that_is_switched_off_is_rejected() =>
        Complaints.Rejects(TestsThatCanFail.SwitchedOff(Planted("""class Planted { [Fact(Skip = "flaky")] public void It_is_off() { } }""")), "switched off");

    [Fact]
    public void A_test_without_a_sentence_is_rejected() =>
        Complaints.Rejects(TestsThatCanFail.WithoutSentence(Planted("class Planted { [Fact] public void TestGet() { } }")), "not a sentence");

    private static IEnumerable<SourceFile> TestSources() => House.Sources.Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal));

    private static SourceFile Planted(string source) => new("tests/Planted.Tests/Planted.cs", source);
}
