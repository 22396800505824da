namespace Refrain;

/// <summary>The words that the guards know: an open-addressing table from a word's hash to its traits. Built once, then only read.</summary>
internal static class Lexicon
{
    private const int SlotCount = 1 << 14;

    private static readonly WordEntry[] Entries = new WordEntry[SlotCount];

    static Lexicon()
    {
        GrammarWords.AddTo();
        NumberWords.AddTo();
        TimeWords.AddTo();
        OppositeWords.AddTo();
        AlternativeWords.AddTo();
    }

    /// <summary>Words known.</summary>
    internal static int Count { get; private set; }

    /// <summary>What is known of the word with this hash; no traits where nothing is.</summary>
    internal static ref readonly WordEntry Find(ulong hash)
    {
        int slot = (int)(hash & (SlotCount - 1));
        while (Entries[slot].Hash != hash && Entries[slot].Hash != 0) slot = (slot + 1) & (SlotCount - 1);
        return ref Entries[slot];
    }

    internal static ref WordEntry Add(ReadOnlySpan<char> word, WordTraits traits)
    {
        ulong hash = WordHash.Of(word);
        int slot = (int)(hash & (SlotCount - 1));
        while (Entries[slot].Hash != hash && Entries[slot].Hash != 0) slot = (slot + 1) & (SlotCount - 1);
        ref WordEntry entry = ref Entries[slot];
        if (entry.Hash == 0)
        {
            if (++Count > SlotCount / 2) throw new InvalidOperationException($"The lexicon holds more than {SlotCount / 2} words; its table must grow.");
            entry.Hash = hash;
        }

        entry.Traits |= traits;
        return ref entry;
    }

    /// <summary>Splits a list of words at white space.</summary>
    internal static string[] Split(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The word and what English grammar makes of it: plural, past, -ing. Forms that do not exist harm nobody.</summary>
    internal static IEnumerable<string> FormsOf(string word)
    {
        yield return word;
        if (word.Length < 3) yield break;
        char last = word[^1];
        bool vowelBeforeLast = "aeiou".Contains(word[^2], StringComparison.Ordinal);
        if (last == 'e')
        {
            yield return word + "s";
            yield return word + "d";
            yield return word[..^1] + "ing";
        }
        else if (last == 'y' && !vowelBeforeLast)
        {
            yield return word[..^1] + "ies";
            yield return word[..^1] + "ied";
            yield return word + "ing";
        }
        else
        {
            yield return word + (last is 's' or 'x' or 'z' or 'h' ? "es" : "s");
            yield return word + "ed";
            yield return word + "ing";
            if (vowelBeforeLast && !"aeiouwxy".Contains(last, StringComparison.Ordinal))
            {
                yield return word + last + "ed";
                yield return word + last + "ing";
            }
        }
    }
}
