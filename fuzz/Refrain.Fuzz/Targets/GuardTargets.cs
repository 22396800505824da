using System.Runtime.InteropServices;
using System.Text;

namespace Refrain.Fuzz;

/// <summary>Texts that people and programs ask.</summary>
internal static class GuardTargets
{
    private static readonly TextFeatures Reused = new();

    /// <summary>Any text, half surrogate pairs included: it is read without complaint, in both ways of reading, and never refused as different from itself.</summary>
    public static void Read(ReadOnlySpan<byte> data)
    {
        Check(Encoding.UTF8.GetString(data));
        Check(MemoryMarshal.Cast<byte, char>(data));
    }

    /// <summary>One text for each kind of fact.</summary>
    public static IEnumerable<byte[]> Texts() => new[]
    {
        "What is the capital of France?",
        "Why don't my 3 cards arrive by 2024-05-06, 5 pm, for $1,000.50 or 20% of €7.5k?",
        "Fly from Paris to Rome, not from Rome to Paris; is it cheaper than \"Air X-12\" v1.2.3 at https://example.org/a?b=c#d ?",
        "Bitte überweise fünf Kilometer nach München",
        "三十五天前我付了款 twenty-one point five million ½ Ⅳ 1e400 -0.0 ١٢٣",
        "",
    }.Select(Encoding.UTF8.GetBytes);

    private static void Check(ReadOnlySpan<char> text)
    {
        TextFeatures kept = GuardRail.Read(text);
        GuardRail.Read(text, Reused);
        Guards all = Enum.GetValues<Guards>().Aggregate(Guards.None, (sum, guard) => sum | guard);
        if (GuardRail.Check(kept, Reused, all) is not Guards.None and var refused)
            throw new InvalidDataException($"The guard {refused} takes a text for another than itself.");
    }
}
