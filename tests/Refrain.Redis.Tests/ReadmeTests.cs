using System.Text.RegularExpressions;

namespace Refrain.Redis.Tests;

/// <summary>What README.md says of files and tests is so.</summary>
public sealed partial class ReadmeTests
{
    private static string Folder => Path.Combine(FormatFile.Root(), "src", "Refrain.Redis");

    private static string Text => File.ReadAllText(Path.Combine(Folder, "README.md"));

    [Fact]
    public void Every_test_that_it_names_is_a_test()
    {
        string[] named = [.. NamedTest().Matches(Text).Select(static match => match.Groups["name"].Value)];
        Assert.True(named.Length > 20);
        Assert.Empty(named.Except(typeof(ReadmeTests).Assembly.GetTypes().SelectMany(static type =>
            type.GetMethods().Where(static method => method.IsDefined(typeof(FactAttribute), inherit: true)).Select(method => $"{type.Name}.{method.Name}"))));
    }

    [Fact]
    public void Every_file_of_a_stage_is_in_its_table()
    {
        foreach (string stage in new[] { "Wire", "Connection", "Following" })
        {
            string row = Text.Split('\n').Single(line => line.StartsWith($"| `{stage}` |", StringComparison.Ordinal));
            Assert.Equal(
                Directory.EnumerateFiles(Path.Combine(Folder, stage), "*.cs").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal),
                Named().Matches(row.Split('|')[3]).Select(static match => match.Groups["name"].Value).Order(StringComparer.Ordinal));
        }
    }

    [GeneratedRegex("`(?<name>[A-Za-z]+Tests\\.[A-Za-z0-9_]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedTest();

    [GeneratedRegex("`(?<name>[A-Za-z]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();
}
