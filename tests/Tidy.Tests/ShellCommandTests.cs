namespace Tidy.Tests;

public sealed class ShellCommandTests
{
    [Fact]
    public void Every_command_in_the_documents_exists() => Complaints.None(Snippet.OfTheHouse().SelectMany(snippet => ShellCommands.Complaints(snippet, ShellCommands.WordsOf)));

    [Theory]
    [InlineData("dotnet run -c Release --project src/Refrain.Gateway -- serve --prot 8080", "has no option --prot")]
    [InlineData("refrain sevre", "has no command sevre")]
    [InlineData("REFRAIN_X=1 refrain serve --prot", "has no option --prot")]
    [InlineData("refrain serve \\\n  --port 8080 \\\n  --prot 8080", "has no option --prot")]
    [InlineData("dotnet run --project src/Refrain.Gatewya", "there is no project src/Refrain.Gatewya")]
    public void A_command_that_does_not_exist_is_rejected(string text, string saying) => Complaints.Rejects(ShellCommands.Complaints(Shell(text), Known), saying);

    [Theory]
    [InlineData("dotnet run -c Release --project src/Refrain.Gateway -- serve --port 8080")]
    [InlineData("refrain --port=8080")]
    [InlineData("curl --silent http://127.0.0.1:8080 | head --lines 1")]
    public void A_command_that_exists_is_allowed(string text) => Complaints.None(ShellCommands.Complaints(Shell(text), Known));

    private static Snippet Shell(string text) => new("README.md", 1, "sh", [], text);

    private static IReadOnlySet<string>? Known(string project) => project == "src/Refrain.Gateway" ? new HashSet<string> { "serve", "--port" } : null;
}
