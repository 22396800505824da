using System.Text.RegularExpressions;

namespace Refrain.Gateway.Tests;

/// <summary>docs/configuration.md against the product's source: neither names a variable that the other does not.</summary>
public sealed partial class ConfigurationDocumentTests
{
    [Fact]
    public void Every_variable_that_the_product_reads_is_documented_and_the_other_way_round()
    {
        DirectoryInfo root = Root();
        SortedSet<string> read = [.. Directory.EnumerateFiles(Path.Combine(root.FullName, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(path => Quoted().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups["name"].Value)];
        SortedSet<string> documented = Documented(File.ReadAllText(Path.Combine(root.FullName, "docs", "configuration.md")));
        Assert.True(read.Count > 40, "The source is read.");
        Assert.Equal(read, documented);
    }

    [Fact]
    public void A_variable_that_is_named_in_one_place_only_is_noticed()
    {
        Assert.Equal(["CACHE_X", "REFRAIN_Y"], Documented("| `CACHE_X` or `REFRAIN_Y`, not REFRAIN_Z nor `REFRAIN_UPSTREAM_2_URL` |"));
    }

    private static SortedSet<string> Documented(string text) =>
        [.. InCode().Matches(text).Select(match => match.Groups["name"].Value).Where(name => !Numbered().IsMatch(name))];

    private static DirectoryInfo Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
            folder = folder.Parent;
        return folder ?? throw new DirectoryNotFoundException("No folder above the tests holds Engine.sln.");
    }

    [GeneratedRegex("\"(?<name>(REFRAIN|CACHE|VOYAGE|OPENAI|OTEL|ASPNETCORE)_[A-Z0-9_]*[A-Z0-9])\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex("`(?<name>(REFRAIN|CACHE|VOYAGE|OPENAI|OTEL)_[A-Z0-9_]*[A-Z0-9])`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InCode();

    [GeneratedRegex("_[2-9]_", RegexOptions.None, 1000)]
    private static partial Regex Numbered();
}
