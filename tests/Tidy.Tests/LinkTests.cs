using System.Text.RegularExpressions;

namespace Tidy.Tests;

public sealed partial class LinkTests
{
    [Fact]
    public void Every_link_from_file_to_file_leads_somewhere() =>
        Complaints.None(House.Files(".md").SelectMany(path => Broken(path, House.Read(path), target => Path.Exists(Path.Combine(House.Root, target)))));

    [Fact]
    public void A_link_that_leads_nowhere_is_rejected() =>
        Complaints.Rejects(Broken("docs/planted.md", "See [there](../src/nowhere.md#part).", _ => false), "docs/planted.md: [there](../src/nowhere.md#part) leads nowhere");

    [Fact]
    public void Links_into_the_web_and_within_a_file_are_let_be() => Complaints.None(Broken("docs/planted.md", "[a](https://example.org) [b](#part) ```text\n[c](d)\n```", _ => false));

    private static IEnumerable<string> Broken(string path, string text, Func<string, bool> exists)
    {
        string folder = Path.GetDirectoryName(path)!;
        foreach (Match link in Link().Matches(Fence().Replace(text, "")))
        {
            string target = link.Groups["target"].Value.Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal) && !exists(Path.Combine(folder, target)))
                yield return $"{path}: {link.Value} leads nowhere";
        }
    }

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline, 1000)]
    private static partial Regex Fence();
}
