using System.Buffers;

namespace Refrain;

/// <summary>Reads names from code, addresses and quoted strings, which are told by their shape and not by their words.</summary>
internal static class NameReader
{
    /// <summary>A longer quotation is prose, and left to similarity.</summary>
    private const int QuoteLengthMax = 40;

    private static readonly SearchValues<char> QuoteSigns = SearchValues.Create("\"'`\u201C\u2018\u00AB\u201E");
    private static readonly SearchValues<char> Binding = SearchValues.Create("0123456789._@/\\:");
    private static readonly SearchValues<char> Wrapping = SearchValues.Create("()[]{}<>\"'`.,;:!?#$*\u201C\u201D\u2018\u2019\u00AB\u00BB\u201E-");

    /// <summary>Adds an identifier for each run between white space that looks like one.</summary>
    internal static void ReadIdentifiers(ReadOnlySpan<char> text, TextFeatures features)
    {
        for (int start = 0; start < text.Length;)
        {
            if (EndsRun(text[start]))
            {
                start++;
                continue;
            }

            int end = start;
            bool telling = false;
            for (; end < text.Length && !EndsRun(text[end]); end++)
            {
                char c = text[end];
                telling |= (c < 'a' && !(end == start && (uint)(c - 'A') <= 'Z' - 'A')) || c > 'z';
            }

            if (telling) ReadRun(text[start..end], features);
            start = end;
        }
    }

    // Markdown sets code off with backticks.
    private static bool EndsRun(char c) => c == '`' || char.IsWhiteSpace(c);

    /// <summary>Adds each quoted string: letters and digits count, case does not.</summary>
    internal static void ReadQuotes(ReadOnlySpan<char> text, TextFeatures features)
    {
        int start = text.IndexOfAny(QuoteSigns);
        while (start >= 0 && start < text.Length)
        {
            char closing = text[start] switch { '\u201C' or '\u201E' => '\u201D', '\u2018' => '\u2019', '\u00AB' => '\u00BB', char c => c };
            int length = OpensAt(text, start) ? ClosingAt(text[(start + 1)..], closing) : -1;
            if (length is > 0 and <= QuoteLengthMax) AddQuote(text.Slice(start + 1, length), features);
            int next = start + 1 + (length > 0 ? length + 1 : 0);
            int offset = next < text.Length ? text[next..].IndexOfAny(QuoteSigns) : -1;
            start = offset < 0 ? -1 : next + offset;
        }
    }

    private static bool OpensAt(ReadOnlySpan<char> text, int i) =>
        (i == 0 || !char.IsLetterOrDigit(text[i - 1])) && i + 1 < text.Length && !char.IsWhiteSpace(text[i + 1]);

    private static int ClosingAt(ReadOnlySpan<char> rest, char closing)
    {
        for (int i = 1; i < rest.Length; i++)
        {
            if (rest[i] == closing && (i + 1 == rest.Length || !char.IsLetterOrDigit(rest[i + 1]))) return i;
        }

        return -1;
    }

    private static void AddQuote(ReadOnlySpan<char> quoted, TextFeatures features)
    {
        ulong hash = WordHash.Seed;
        bool any = false;
        foreach (char c in quoted)
        {
            if (!char.IsLetterOrDigit(c)) continue;
            hash = WordHash.Step(hash, WordHash.Fold(c));
            any = true;
        }

        if (any) features.Add(FactKind.Quote, Fact.Hash(WordHash.Finish(hash)));
    }

    private static void ReadRun(ReadOnlySpan<char> run, TextFeatures features)
    {
        // A hyphen joins words; with digits or other signs it is part of a name, as in "gpt-4".
        int hyphen = run.IndexOf('-');
        if (hyphen > 0 && !run.ContainsAny(Binding))
        {
            ReadRun(run[..hyphen], features);
            ReadRun(run[(hyphen + 1)..], features);
            return;
        }

        int start = 0, end = run.Length;
        while (start < end && Wrapping.Contains(run[start])) start++;
        while (end > start && Wrapping.Contains(run[end - 1])) end--;
        ReadOnlySpan<char> name = run[start..end];
        if (name.Length < 2 || !IsIdentifier(name)) return;

        ulong hash = WordHash.Seed;
        foreach (char c in name) hash = WordHash.Step(hash, WordHash.Fold(c));
        features.Add(FactKind.Identifier, Fact.Hash(WordHash.Finish(hash)));
    }

    private static bool IsIdentifier(ReadOnlySpan<char> name)
    {
        bool letters = false, digits = false, signs = false, humps = false;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool inside = i > 0 && i + 1 < name.Length;
            if (char.IsAsciiDigit(c)) digits = true;
            else if (char.IsLetter(c)) letters = true;
            else if (c is '_' or '@' or '\\' || (c == ':' && inside && name[i + 1] is ':' or '/')) signs = true;
            else if (c == '.' && inside && char.IsLetter(name[i - 1]) && char.IsLetter(name[i + 1]) && name.Length > 5) signs = true;
            else if (c == '/' && (i == 0 || name[(i + 1)..].Contains('/'))) signs = true;
            else if (NumberWords.CurrencyOf(c) != 0) return false;
            humps |= inside && char.IsUpper(c) && char.IsLower(name[i - 1]) && char.IsLower(name[i + 1]);
        }

        // "5km", "30-day" and "7pm" are quantities.
        return letters && (signs || humps || (digits && !char.IsAsciiDigit(name[0])) || (digits && char.IsUpper(name[^1]) && name.Length > 3));
    }
}
