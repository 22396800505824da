namespace Tidy.Tests;

/// <summary>How the rules are asserted.</summary>
internal static class Complaints
{
    /// <summary>The house obeys the rule.</summary>
    public static void None(IEnumerable<string> complaints)
    {
        string[] all = [.. complaints.Distinct(StringComparer.Ordinal)];
        Assert.True(all.Length == 0, $"{all.Length} complaint(s):\n{string.Join('\n', all)}");
    }

    /// <summary>The rule rejects what was planted, and says what it was.</summary>
    public static void Rejects(IEnumerable<string> complaints, string saying)
    {
        string[] all = [.. complaints];
        Assert.True(all.Length > 0, "The planted fault was accepted.");
        Assert.Contains(all, complaint => complaint.Contains(saying, StringComparison.Ordinal));
    }
}
