namespace Tidy.Tests;

public sealed class OptionNameTests
{
    [Fact]
    public void Every_environment_variable_is_told_and_every_told_one_is_read() => Complaints.None(OptionNames.Variables(House.Sources, Documents()));

    [Fact]
    public void Every_option_of_the_program_is_told_and_every_told_one_exists() => Complaints.None(OptionNames.CommandLine(House.Sources, Documents()));

    [Fact]
    public void A_variable_that_is_told_nowhere_is_rejected() => Complaints.Rejects(OptionNames.Variables([Planted("REFRAIN_PLANTED")], Document("nothing")), "REFRAIN_PLANTED is read by the code, and told in no document");

    [Fact]
    public void A_variable_that_is_read_nowhere_is_rejected() => Complaints.Rejects(OptionNames.Variables([], Document("Set `CACHE_PLANTED=1`.")), "CACHE_PLANTED is told in a document, and read nowhere");

    [Fact]
    public void A_numbered_upstream_is_the_upstream() => Complaints.None(OptionNames.Variables([Planted("REFRAIN_UPSTREAM_URL")], Document("REFRAIN_UPSTREAM_URL, REFRAIN_UPSTREAM_2_URL")));

    [Fact]
    public void An_option_that_is_told_nowhere_is_rejected() => Complaints.Rejects(OptionNames.CommandLine([Planted("--planted")], Document("nothing")), "--planted is an option of the program");

    [Fact]
    public void An_option_that_does_not_exist_is_rejected() => Complaints.Rejects(OptionNames.CommandLine([], Document("With `--planted FILE` one sees it.")), "--planted is told in a document");

    [Fact]
    public void An_option_that_exists_and_is_told_is_allowed() => Complaints.None(OptionNames.CommandLine([Planted("--planted")], Document("With `--planted FILE` one sees it.")));

    private static Dictionary<string, string> Documents() => Snippet.Documents().ToDictionary(path => path, House.Read, StringComparer.Ordinal);

    private static Dictionary<string, string> Document(string text) => new(StringComparer.Ordinal) { ["README.md"] = text };

    private static SourceFile Planted(string literal) => new("src/Refrain.Gateway/Planted.cs", $"class Planted {{ string Name = \"{literal}\"; }}");
}
