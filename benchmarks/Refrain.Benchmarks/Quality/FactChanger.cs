using System.Globalization;
using System.Text.RegularExpressions;

namespace Refrain.Benchmarks;

/// <summary>Makes out of a prompt another that asks for another number, unit or date: what a cache must never answer alike.</summary>
internal static partial class FactChanger
{
    private static readonly Dictionary<string, string> Units = Pairs(
        "km miles, miles km, minutes hours, minute hour, hours minutes, hour minute, days weeks, day week, weeks months, week month, months years, month year, years months, year month, dollars euros, dollar euro, euros dollars, pounds euros, percent dollars, degrees percent, grams ounces, ounces grams, cups tablespoons, tablespoons teaspoons, teaspoons cups, meters feet, feet meters, inches feet, kilometers miles, celsius fahrenheit, fahrenheit celsius, gallons liters, liters gallons, am pm, pm am, usd eur, eur usd, gbp usd");

    private static readonly Dictionary<string, string> Dates = Pairs(
        "monday tuesday, tuesday friday, wednesday sunday, thursday monday, friday saturday, saturday sunday, sunday thursday, january june, february july, april may, june december, july august, august september, september october, october november, november january, december april, today tomorrow, tomorrow yesterday, yesterday today, tonight tomorrow, morning evening, afternoon morning, evening afternoon, noon midnight, midnight noon");

    private static readonly Dictionary<string, string> Words = Pairs(
        "two three, three five, four six, five nine, six four, seven two, eight three, nine seven, ten eleven, eleven twelve, twelve ten, twenty thirty, thirty forty, forty fifty, fifty sixty, hundred thousand, thousand hundred, million billion");

    /// <summary>The prompt with its first number changed, in digits or words; null where it has none.</summary>
    public static string? Number(string text)
    {
        Match digits = Digits().Match(text);
        if (!digits.Success) return Swap(text, Words);
        string changed = (long.Parse(digits.Value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture).PadLeft(digits.Length, '0');
        return text[..digits.Index] + changed + text[(digits.Index + digits.Length)..];
    }

    /// <summary>The prompt with a unit or currency after a number changed; null where it has none.</summary>
    public static string? Unit(string text)
    {
        foreach (Match quantity in Quantity().Matches(text))
        {
            Group unit = quantity.Groups["unit"];
            if (Units.TryGetValue(unit.Value.ToLowerInvariant(), out string? other)) return text[..unit.Index] + other + text[(unit.Index + unit.Length)..];
        }

        return null;
    }

    /// <summary>The prompt with a weekday, month or word of time changed; null where it has none.</summary>
    public static string? Date(string text) => Swap(text, Dates);

    private static string? Swap(string text, Dictionary<string, string> others)
    {
        foreach (Match word in Word().Matches(text))
        {
            if (others.TryGetValue(word.Value.ToLowerInvariant(), out string? other)) return text[..word.Index] + other + text[(word.Index + word.Length)..];
        }

        return null;
    }

    private static Dictionary<string, string> Pairs(string pairs) =>
        pairs.Split(", ").Select(pair => pair.Split(' ')).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    [GeneratedRegex(@"(?<![\w.,])\d{1,9}(?![\w.,]\w)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();

    [GeneratedRegex(@"(?:\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|hundred|thousand|million))[ -]?(?<unit>[a-zA-Z]+)\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quantity();

    [GeneratedRegex("[a-zA-Z]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
