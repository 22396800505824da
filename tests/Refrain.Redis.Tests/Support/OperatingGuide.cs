namespace Refrain.Redis.Tests;

/// <summary>What docs/operating.md tells operators to type, so that it is run.</summary>
internal static class OperatingGuide
{
    /// <summary>The rules of the ACL user, for another prefix and password than the guide's.</summary>
    public static string[] AclRules(string prefix, string password)
    {
        string line = File.ReadLines(Path.Combine(FormatFile.Root(), "docs", "operating.md"))
            .First(line => line.StartsWith("ACL SETUSER refrain ", StringComparison.Ordinal));
        return [.. line["ACL SETUSER refrain ".Length..].Split(' ').Select(rule => rule.Replace("refrain:", $"{prefix}:").Replace("CHANGE-ME", password))];
    }
}
