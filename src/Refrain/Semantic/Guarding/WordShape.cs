namespace Refrain;

/// <summary>The stem of a word, and whether its prefix or suffix turns it into its opposite: "eligible" and "ineligible" share a stem.</summary>
internal static class WordShape
{
    private const int RemainderMin = 4;

    /// <summary>The hash of the stem.</summary>
    /// <param name="word">A word, in any case.</param>
    /// <param name="whole">The word begins like a negated one, but is none.</param>
    /// <param name="opposite">Whether the word is the opposite of its stem.</param>
    /// <param name="denies">Whether the prefix alone says so, with hardly an exception: "un-", "non-".</param>
    internal static ulong StemOf(ReadOnlySpan<char> word, bool whole, out bool opposite, out bool denies)
    {
        int start = whole ? 0 : NegativePrefix(word);
        int end = StemEnd(word);
        opposite = start > 0;
        denies = opposite && WordHash.Fold(word[0]) is 'u' or 'n' && IsAdjective(word);
        if (!whole && end - start > RemainderMin + 2)
        {
            ReadOnlySpan<char> suffix = word[(end - 4)..end];
            if (suffix.Equals("less", StringComparison.OrdinalIgnoreCase)) (end, opposite) = (end - 4, true);
            else if (suffix[1..].Equals("ful", StringComparison.OrdinalIgnoreCase)) end -= 3;
        }

        ulong hash = WordHash.Seed;
        foreach (char c in word[start..end]) hash = WordHash.Step(hash, WordHash.Fold(c));
        return WordHash.Finish(hash);
    }

    // "Unpacks" undoes something; "unnecessary" says that something is not.
    private static bool IsAdjective(ReadOnlySpan<char> word) =>
        word.EndsWith("ed", StringComparison.OrdinalIgnoreCase) || word.EndsWith("ble", StringComparison.OrdinalIgnoreCase)
        || word.EndsWith("ary", StringComparison.OrdinalIgnoreCase) || word.EndsWith("al", StringComparison.OrdinalIgnoreCase)
        || word.EndsWith("ful", StringComparison.OrdinalIgnoreCase) || word.EndsWith("ent", StringComparison.OrdinalIgnoreCase)
        || word.EndsWith("ive", StringComparison.OrdinalIgnoreCase) || word.EndsWith("ain", StringComparison.OrdinalIgnoreCase)
        || word.EndsWith("ing", StringComparison.OrdinalIgnoreCase) || word.EndsWith("ant", StringComparison.OrdinalIgnoreCase);

    private static int NegativePrefix(ReadOnlySpan<char> word)
    {
        if (word.Length < RemainderMin + 2) return 0;
        char first = WordHash.Fold(word[0]), second = WordHash.Fold(word[1]), third = WordHash.Fold(word[2]);
        int length = (first, second, third) switch
        {
            ('d', 'i', 's') or ('n', 'o', 'n') => 3,
            ('u', 'n', 'd' or 'i') => BeginsWholeUn(word) ? 0 : 2,
            ('u', 'n', _) => 2,
            ('i', 'n', _) => 2,
            ('i', 'm', 'p' or 'm' or 'b') => 2,
            ('i', 'l', 'l') or ('i', 'r', 'r') => 2,
            _ => 0,
        };
        return word.Length - length >= RemainderMin ? length : 0;
    }

    // "Under", "unit", "unique", "universe", "unify", "union".
    private static bool BeginsWholeUn(ReadOnlySpan<char> word) =>
        word[2..].StartsWith("der", StringComparison.OrdinalIgnoreCase) || (WordHash.Fold(word[2]) == 'i' && WordHash.Fold(word[3]) is 't' or 'q' or 'v' or 'f' or 'o');

    // Plural, past and -ing fall away, so that "installs" and "installed" agree.
    private static int StemEnd(ReadOnlySpan<char> word)
    {
        int end = word.Length;
        if (end > 3 && WordHash.Fold(word[end - 1]) == 's' && WordHash.Fold(word[end - 2]) == '\'') end -= 2;
        if (end > 4 && word[..end].EndsWith("ing", StringComparison.OrdinalIgnoreCase)) end -= 3;
        else if (end > 4 && word[..end].EndsWith("ies", StringComparison.OrdinalIgnoreCase)) end -= 3;
        else if (end > 4 && word[..end].EndsWith("ed", StringComparison.OrdinalIgnoreCase)) end -= 2;
        else if (end > 3 && WordHash.Fold(word[end - 1]) == 's' && WordHash.Fold(word[end - 2]) is not ('s' or 'u' or 'i')) end--;
        if (end > 3 && WordHash.Fold(word[end - 1]) is 'e' or 'y' or 'i') end--;
        if (end > 3 && word.Length - end >= 2 && word[end - 1] == word[end - 2] && WordHash.Fold(word[end - 1]) is not ('l' or 's')) end--;
        return end;
    }
}
