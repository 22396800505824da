using System.Buffers;

namespace Refrain;

/// <summary>
/// The guards. What the nearest text says in numbers, negations, names and order must agree with what is asked: cosine similarity sees none of
/// these. Texts are read once, into <see cref="TextFeatures"/>; a check compares two sets of facts and allocates nothing.
/// </summary>
internal static class GuardRail
{
    /// <summary>Lengths, in UTF-16 units, that differ by no more than this are near whatever their ratio.</summary>
    internal const int LengthSlack = 40;

    /// <summary>The longer text has at most this many times the length of the shorter.</summary>
    internal const int LengthRatioMax = 3;

    /// <summary>Reads the features of a text that will be kept.</summary>
    internal static TextFeatures Read(ReadOnlySpan<char> text)
    {
        var features = new TextFeatures();
        Read(text, features);
        features.Trim();
        return features;
    }

    /// <summary>Reads the features of a text into an instance that is used again and again: nothing is allocated once it has grown.</summary>
    internal static void Read(ReadOnlySpan<char> text, TextFeatures features)
    {
        features.Clear();
        ReadOnlySpan<char> trimmed = text.Trim();
        features.Length = trimmed.Length;
        Token[] rented = ArrayPool<Token>.Shared.Rent(Math.Max(1, trimmed.Length));
        try
        {
            int count = TextScanner.Scan(trimmed, rented);
            ReadOnlySpan<Token> tokens = rented.AsSpan(0, count);
            new FeatureReader(trimmed, tokens, features).Read();
            NameReader.ReadIdentifiers(trimmed, features);
            NameReader.ReadQuotes(trimmed, features);
            ReadScript(trimmed, tokens, features);
            features.Seal();
        }
        finally
        {
            // Tokens hold no text, only places in it.
            ArrayPool<Token>.Shared.Return(rented);
        }
    }

    /// <summary>Whether the answer to one text may be served to another.</summary>
    /// <param name="asked">The text that is asked now.</param>
    /// <param name="stored">The text that has an answer.</param>
    /// <param name="enabled">The guards to apply.</param>
    /// <returns>The one guard that refuses, or <see cref="Guards.None"/>.</returns>
    internal static Guards Check(TextFeatures asked, TextFeatures stored, Guards enabled)
    {
        if (enabled == Guards.None) return Guards.None;
        if ((enabled & Guards.Script) != Guards.None && ScriptsDiffer(asked, stored)) return Guards.Script;
        if ((enabled & Guards.Length) != Guards.None && LengthsDiffer(asked.Length, stored.Length)) return Guards.Length;
        Guards refused = FactCheck.Numbers(asked, stored) & enabled;
        if (refused != Guards.None) return refused;
        if ((enabled & Guards.Dates) != Guards.None && FactCheck.DatesDiffer(asked, stored)) return Guards.Dates;
        if ((enabled & Guards.Identifiers) != Guards.None && FactCheck.IdentifiersDiffer(asked, stored)) return Guards.Identifiers;
        if ((enabled & Guards.Quotes) != Guards.None && FactCheck.BothHaveOwn(asked, stored, FactKind.Quote)) return Guards.Quotes;
        if ((enabled & Guards.Direction) != Guards.None && FactCheck.RolesDiffer(asked, stored)) return Guards.Direction;
        if ((enabled & Guards.Alternatives) != Guards.None && FactCheck.AlternativesDiffer(asked, stored)) return Guards.Alternatives;
        if ((enabled & Guards.Names) != Guards.None && FactCheck.BothHaveOwn(asked, stored, FactKind.Name)) return Guards.Names;
        return WordCheck.Opposites(asked, stored, enabled);
    }

    private static bool ScriptsDiffer(TextFeatures a, TextFeatures b) =>
        (a.Script != b.Script && a.Script != 0 && b.Script != 0) || (a.Language != b.Language && a.Language != 0 && b.Language != 0);

    private static bool LengthsDiffer(int a, int b)
    {
        (int shorter, int longer) = a < b ? (a, b) : (b, a);
        return longer > ((long)shorter * LengthRatioMax) + LengthSlack;
    }

    private static void ReadScript(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, TextFeatures features)
    {
        Span<int> scripts = stackalloc int[ScriptReader.ScriptCount];
        Span<int> languages = stackalloc int[8];
        scripts.Clear();
        languages.Clear();
        foreach (ref readonly Token token in tokens)
        {
            if (token.Kind != TokenKind.Word) continue;
            scripts[ScriptReader.Of(text[token.Start])] += token.Length;
            int known = Lexicon.Find(token.Hash).Languages;
            for (int language = 1; known >> language != 0; language++) languages[language] += (known >> language) & 1;
        }

        features.Script = IndexOfMost(scripts, least: 1);
        features.Language = IndexOfMost(languages, least: 2);
    }

    // The winner must lead by two, or nothing is said.
    private static int IndexOfMost(ReadOnlySpan<int> counts, int least)
    {
        int best = 0;
        for (int i = 1; i < counts.Length; i++)
        {
            if (counts[i] > counts[best]) best = i;
        }

        if (counts[best] < least) return 0;
        for (int i = 1; i < counts.Length; i++)
        {
            if (i != best && counts[i] + least > counts[best]) return 0;
        }

        return best;
    }
}
