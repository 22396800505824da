namespace Refrain.Embeddings;

/// <summary>Hashes that are the same in every process and on every machine: vectors made from them are stored and compared later.</summary>
internal static class LexicalHash
{
    internal const ulong Seed = 0x243F6A8885A308D3UL;

    internal static ulong Step(ulong hash, uint value) => (hash ^ value) * 0x9FB21C651E98DF25UL;

    /// <summary>Spreads every bit over all others (the finisher of SplitMix64).</summary>
    internal static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    internal static ulong Of(ReadOnlySpan<char> word)
    {
        ulong hash = Seed;
        foreach (char c in word) hash = Step(hash, c);
        return Mix(hash);
    }
}
