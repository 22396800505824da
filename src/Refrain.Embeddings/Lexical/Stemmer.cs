using System.Buffers;

namespace Refrain.Embeddings;

/// <summary>Takes inflections off English words, and reduces a word to what a slip of the fingers leaves alone.</summary>
internal static class Stemmer
{
    private const int StemMin = 3;

    private static readonly SearchValues<char> Vowels = SearchValues.Create("aeiouy");

    /// <summary>Reduces a folded word in place.</summary>
    /// <returns>Characters of the stem.</returns>
    internal static int Stem(Span<char> word)
    {
        int length = word.Length;
        if (length <= StemMin || word[0] > 'z' || !char.IsAsciiLetterLower(word[0])) return length;
        length = StripEnding(word, length);
        length = British(word, length);
        if (length > StemMin && word[length - 1] is 'e') length--;
        if (word[length - 1] == 'y' && length > StemMin) word[length - 1] = 'i';
        return length;
    }

    /// <summary>
    /// The hash of a word's first letter, its consonants in any order with doubles merged, and the number of its vowels: mistyped vowels, doubled or
    /// swapped letters keep it.
    /// </summary>
    internal static ulong Skeleton(ReadOnlySpan<char> stem)
    {
        ulong consonants = 0;
        uint vowels = 0;
        for (int i = 0; i < stem.Length; i++)
        {
            char c = stem[i];
            bool doubled = i > 0 && stem[i - 1] == c;
            if (c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y') vowels += doubled ? 0u : 1u;
            else if (!doubled) consonants += LexicalHash.Mix(LexicalHash.Step(LexicalHash.Seed, c));
        }

        return LexicalHash.Mix(LexicalHash.Step(LexicalHash.Step(consonants, stem[0]), vowels));
    }

    private static int StripEnding(Span<char> word, int length)
    {
        ReadOnlySpan<char> w = word[..length];
        if (w.EndsWith("ies") && length > 4)
        {
            word[length - 3] = 'y';
            return length - 2;
        }

        if (w.EndsWith("sses") || w.EndsWith("xes") || w.EndsWith("ches") || w.EndsWith("shes")) return length - 2;
        if (w.EndsWith("ing") && length > 5 && HasVowel(w[..^3])) return Undouble(word, length - 3);
        if (w.EndsWith("ied") && length > 4)
        {
            word[length - 3] = 'y';
            return length - 2;
        }

        if (w.EndsWith("ed") && length > 4 && HasVowel(w[..^2])) return Undouble(word, length - 2);
        bool plural = word[length - 1] == 's' && word[length - 2] is not ('s' or 'u' or 'i');
        return plural ? length - 1 : length;
    }

    private static bool HasVowel(ReadOnlySpan<char> word) => word.ContainsAny(Vowels);

    private static int Undouble(ReadOnlySpan<char> word, int length) =>
        length > StemMin && word[length - 1] == word[length - 2] && word[length - 1] is not ('l' or 's' or 'z' or 'e' or 'o') ? length - 1 : length;

    // "Colour" and "color", "organise" and "organize".
    private static int British(Span<char> word, int length)
    {
        if (length > 5 && word[..length].EndsWith("our"))
        {
            word[length - 2] = 'r';
            return length - 1;
        }

        if (length > 5 && word[..length].EndsWith("ise")) word[length - 2] = 'z';
        else if (length > 6 && word[..length].EndsWith("is")) word[length - 1] = 'z';
        return length;
    }
}
