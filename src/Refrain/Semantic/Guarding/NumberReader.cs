using System.Globalization;

namespace Refrain;

/// <summary>Reads numbers, their units, dates and times of day out of tokens.</summary>
internal static class NumberReader
{
    private const int MinutesPerHour = 60;
    private const int LooseCountMax = 12;

    /// <summary>Reads what begins at <paramref name="i"/>: a number, a date or a time of day.</summary>
    /// <returns>The index of the first token that is not part of it.</returns>
    internal static int Read(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, int i, TextFeatures features, out ulong valueHash)
    {
        ref readonly Token token = ref tokens[i];
        ReadOnlySpan<char> digits = text.Slice(token.Start, token.Length);
        if (token.Kind == TokenKind.Date) return ReadDate(digits, i, features, out valueHash);
        if (token.Kind == TokenKind.Clock) return ReadClock(digits, tokens, i, features, out valueHash);

        if (!TryParse(digits, out double value))
        {
            valueHash = WordHash.Of(digits);
            features.Add(FactKind.Number, Fact.Number(valueHash, 0, loose: false));
            return i + 1;
        }

        if (i > 0 && token.Adjacent && tokens[i - 1].Sign is '-' or '−' && !tokens[i - 1].Adjacent) value = -value;
        return ReadUnit(text, tokens, i + 1, value, CurrencyBefore(tokens, i), loose: false, features, out valueHash);
    }

    /// <summary>Reads a number in words: "two hundred and five", "twenty-one".</summary>
    internal static int ReadWords(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, int i, TextFeatures features, out ulong valueHash)
    {
        double total = 0, part = 0, last = 0;
        bool loose = true, any = false;
        int end = i;
        for (int j = i; j < tokens.Length; j++)
        {
            ref readonly Token token = ref tokens[j];
            if (token.Kind == TokenKind.Sign && token.Sign == '-' && any) continue;
            if (token.Kind != TokenKind.Word) break;
            if (any && last >= 100 && text.Slice(token.Start, token.Length).Equals("and", StringComparison.OrdinalIgnoreCase)) continue;

            double value = Lexicon.Find(token.Hash).Number;
            if ((token.Traits & WordTraits.Number) != WordTraits.None)
            {
                // "Two three" is two numbers, "twenty three" one.
                bool continues = last >= 100 || (last >= 20 && value < 10);
                if (any && !continues) break;
                part += value;
            }
            else if ((token.Traits & WordTraits.Magnitude) != WordTraits.None && (any || token.Length > 2))
            {
                part = (part == 0 ? 1 : part) * value;
                if (value >= 1000) (total, part) = (total + part, 0);
            }
            else
            {
                break;
            }

            loose &= (token.Traits & WordTraits.LooseNumber) != WordTraits.None;
            last = value;
            any = true;
            end = j + 1;
        }

        // A report may say "the two brothers" or "the brothers".
        loose |= !features.IsShort && total + part <= LooseCountMax;
        if (any) return ReadUnit(text, tokens, end, total + part, CurrencyBefore(tokens, i), loose, features, out valueHash);
        valueHash = 0;
        return i;
    }

    private static int ReadUnit(
        ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, int i, double value, byte currency, bool loose, TextFeatures features, out ulong valueHash)
    {
        byte unit = currency;
        for (; i < tokens.Length; i++)
        {
            ref readonly Token token = ref tokens[i];
            if (token.Kind == TokenKind.Sign)
            {
                bool joined = token.Adjacent && token.Sign is '-' or '°' or '+' && i + 1 < tokens.Length && tokens[i + 1].Adjacent && tokens[i + 1].Kind == TokenKind.Word;
                if (joined) continue;
                if (token.Sign == '%') (unit, i) = (NumberWords.Percent, i + 1);
                else if (unit == 0 && !BeginsNumber(tokens, i) && NumberWords.CurrencyOf(token.Sign) is > 0 and byte after) (unit, i) = (after, i + 1);
                break;
            }

            if (token.Kind != TokenKind.Word) break;
            ref readonly WordEntry entry = ref Lexicon.Find(token.Hash);
            ReadOnlySpan<char> word = text.Slice(token.Start, token.Length);
            if (TryMultiply(word, entry, token.Adjacent, currency != 0, ref value)) continue;
            if (token.Adjacent && word is "st" or "nd" or "rd" or "th" or "s" or "ST" or "ND" or "RD" or "TH") continue;
            if ((entry.Traits & WordTraits.Meridiem) != WordTraits.None && value is >= 0 and < 2400) return AddTime(value, (int)entry.Number, i + 1, features, out valueHash);
            bool isUnit = (entry.Traits & WordTraits.Unit) != WordTraits.None || ((entry.Traits & WordTraits.ShortUnit) != WordTraits.None && (token.Adjacent || word is not ("in" or "s" or "a" or "b" or "us")));
            if (isUnit)
            {
                // "5 dollar" after "$" says nothing new.
                if (unit == 0) unit = entry.Unit;
                i++;
            }

            break;
        }

        valueHash = HashOf(value);
        features.Add(FactKind.Number, Fact.Number(valueHash, unit, loose));
        return i;
    }

    // The sign of "5 $6" belongs to the six.
    private static bool BeginsNumber(ReadOnlySpan<Token> tokens, int i) =>
        !tokens[i].Adjacent && i + 1 < tokens.Length && tokens[i + 1].Adjacent && tokens[i + 1].Kind == TokenKind.Number;

    private static bool TryMultiply(ReadOnlySpan<char> word, in WordEntry entry, bool adjacent, bool isMoney, ref double value)
    {
        if ((entry.Traits & WordTraits.Magnitude) != WordTraits.None)
        {
            // "K" apart from its number is a letter.
            if (word.Length == 1 && !adjacent) return false;
            value *= entry.Number;
            return true;
        }

        if (!adjacent || !isMoney || word.Length != 1) return false;
        double factor = word[0] switch { 'm' or 'M' => 1e6, 'b' or 'B' => 1e9, _ => 0 };
        if (factor == 0) return false;
        value *= factor;
        return true;
    }

    private static byte CurrencyBefore(ReadOnlySpan<Token> tokens, int i)
    {
        if (i == 0) return 0;
        ref readonly Token before = ref tokens[i - 1];
        if (before.Kind == TokenKind.Sign) return NumberWords.CurrencyOf(before.Sign);
        return (before.Traits & WordTraits.Currency) != WordTraits.None ? Lexicon.Find(before.Hash).Unit : (byte)0;
    }

    private static int ReadDate(ReadOnlySpan<char> digits, int i, TextFeatures features, out ulong valueHash)
    {
        ulong hash = WordHash.Seed;
        int number = 0;
        foreach (char c in digits)
        {
            if (char.IsAsciiDigit(c))
            {
                number = (number * 10) + (c - '0');
                continue;
            }

            hash = WordHash.Combine(hash, (ulong)number);
            number = 0;
        }

        valueHash = WordHash.Combine(hash, (ulong)number);
        features.Add(FactKind.Date, Fact.Hash(valueHash));
        return i + 1;
    }

    private static int ReadClock(ReadOnlySpan<char> digits, ReadOnlySpan<Token> tokens, int i, TextFeatures features, out ulong valueHash)
    {
        int colon = digits.IndexOf(':');
        if (colon > 2 || digits.Length - colon > 3 || !TryParse(digits[..colon], out double hour) || !TryParse(digits[(colon + 1)..], out double minute))
        {
            valueHash = WordHash.Of(digits);
            features.Add(FactKind.Number, Fact.Number(valueHash, 0, loose: false));
            return i + 1;
        }

        bool said = i + 1 < tokens.Length && (tokens[i + 1].Traits & WordTraits.Meridiem) != WordTraits.None;
        int meridiem = said ? (int)Lexicon.Find(tokens[i + 1].Hash).Number : -1;
        return AddTime(hour, minute, meridiem, said ? i + 2 : i + 1, features, out valueHash);
    }

    // "430 pm" is 4:30; after "four", "thirty pm" is told from "thirty am" by what follows it.
    private static int AddTime(double value, int meridiem, int next, TextFeatures features, out ulong valueHash) =>
        value < 100 ? AddTime(value, 0, meridiem, next, features, out valueHash) : AddTime(Math.Floor(value / 100), value % 100, meridiem, next, features, out valueHash);

    private static int AddTime(double hour, double minute, int meridiem, int next, TextFeatures features, out ulong valueHash)
    {
        if (meridiem >= 0) hour = (hour % 12) + meridiem;
        valueHash = WordHash.Combine(WordHash.Seed, (ulong)((hour * MinutesPerHour) + minute));
        features.Add(FactKind.Date, Fact.Hash(valueHash));
        return next;
    }

    // "1,000" and "1000" are one number, "1.50" and "1.5" too; "2.1.0" and "1,2" are none.
    private static bool TryParse(ReadOnlySpan<char> digits, out double value)
    {
        if (digits.Length <= 15 && digits.IndexOfAny(',', '.') < 0)
        {
            long whole = 0;
            foreach (char c in digits) whole = (whole * 10) + (c - '0');
            value = whole;
            return true;
        }

        int comma = digits.IndexOf(',');
        bool grouped = comma < 0 || (digits.Length > comma + 3 && (digits.Length == comma + 4 || !char.IsAsciiDigit(digits[comma + 4])));
        value = 0;
        return grouped && digits.Length <= 40 && double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out value);
    }

    private static ulong HashOf(double value) => WordHash.Finish(BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value) ^ WordHash.Seed);
}
