namespace Refrain;

/// <summary>
/// The hash of a word, the same in every process and on every machine: it is kept with entries. FNV-1a over case-folded UTF-16 units, mixed
/// at the end so that the upper bits are as good as the lower ones.
/// </summary>
internal static class WordHash
{
    internal const ulong Seed = 14695981039346656037UL;

    internal static ulong Step(ulong hash, char folded) => (hash ^ folded) * 1099511628211UL;

    internal static ulong Finish(ulong hash)
    {
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        return hash ^ (hash >> 29);
    }

    /// <summary>Lower case, and one apostrophe for all.</summary>
    internal static char Fold(char c)
    {
        if (c < 128) return (uint)(c - 'A') <= 'Z' - 'A' ? (char)(c | 0x20) : c;
        return c is '\u2019' or '\u02BC' ? '\'' : char.ToLowerInvariant(c);
    }

    internal static ulong Of(ReadOnlySpan<char> word)
    {
        ulong hash = Seed;
        foreach (char c in word) hash = Step(hash, Fold(c));
        return Finish(hash);
    }

    internal static ulong Combine(ulong a, ulong b) => Finish((a * 31) ^ ((b << 17) | (b >> 47)) ^ Seed);
}
