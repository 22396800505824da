namespace Refrain.Embeddings;

/// <summary>
/// Makes the vector of a text out of its tokens. Three parts, each a sum or pattern of signs drawn from hashes:
/// <list type="number">
/// <item>the bag: every word with its weight, so that texts that share most words are near;</item>
/// <item>the whole: one pattern for the set of words that carry the question, each in its singular or plural, and for whether it asks or states. One such
/// word more, less or another, and it is a different pattern: without it a long text with one word changed would be as near as a short one with its article
/// dropped;</item>
/// <item>the sketches: the same, but of one min-hash of each word's letter pairs, so that a slip in one long word leaves some of them standing.</item>
/// </list>
/// Sums are of integers; the one rounding is at the end. The same text has the same vector on every machine.
/// </summary>
internal static class LexicalVector
{
    /// <summary>Numbers of the bag, a power of two.</summary>
    internal const int BagLength = 256;

    /// <summary>Numbers of the whole's pattern.</summary>
    internal const int WholeLength = 128;

    /// <summary>Sketches, and numbers of each one's pattern.</summary>
    internal const int SketchCount = 4;

    internal const int SketchLength = 32;

    internal const int Dimensions = BagLength + WholeLength + (SketchCount * SketchLength);

    // Shares of the squared length.
    private const double BagShare = 0.6;
    private const double WholeShare = 0.2;
    private const double SketchShare = 0.2;

    // Weights in the bag, in thousandths.
    private const int ContentWeight = 1000;
    private const int QuestionWeight = 700;
    private const int FunctionWeight = 350;
    private const int PairWeight = 350;

    /// <summary>A text with fewer words that carry the question is told apart by all its words.</summary>
    private const int ContentCountMin = 2;

    /// <summary>Shorter stems are too much alike for their letter pairs to tell a slip from another word.</summary>
    private const int SketchedStemMin = 5;

    internal static float[] Embed(string text)
    {
        using var reader = new LexicalReader(text);
        ReadOnlySpan<LexicalToken> tokens = reader.Tokens;
        int content = CountContent(tokens);
        Span<int> bag = stackalloc int[BagLength];
        Span<ulong> sketches = stackalloc ulong[SketchCount];
        bag.Clear();
        sketches.Clear();
        ulong whole = reader.IsStatement ? LexicalWords.Statement : 0, before = 0;
        int counted = 0;
        foreach (ref readonly LexicalToken token in tokens)
        {
            if (token.Role == WordRole.Filler && content > 0) continue;
            counted++;
            ReadOnlySpan<char> stem = reader.StemOf(token);
            bool carries = token.Role is WordRole.Content or WordRole.Question || content < ContentCountMin;
            AddWord(bag, token, stem, WeightOf(token.Role, carries));
            if (!carries) continue;
            if (before != 0) Add(bag, LexicalHash.Mix((before * 3) + token.Skeleton), PairWeight);
            before = token.Skeleton;
            whole += LexicalHash.Mix(token.Skeleton ^ LexicalHash.Seed ^ (token.IsPlural ? 1u : 0u));
            Sketch(sketches, token, stem);
        }

        // Nothing but signs: the text as it stands.
        if (counted == 0)
        {
            whole = LexicalHash.Of(text);
            Add(bag, whole, ContentWeight);
        }

        return Assemble(bag, whole, sketches);
    }

    private static int CountContent(ReadOnlySpan<LexicalToken> tokens)
    {
        int content = 0;
        foreach (ref readonly LexicalToken token in tokens) content += token.Role == WordRole.Content ? 1 : 0;
        return content;
    }

    private static int WeightOf(WordRole role, bool carries) => role switch
    {
        WordRole.Content => ContentWeight,
        WordRole.Question => QuestionWeight,
        _ => carries ? QuestionWeight : FunctionWeight,
    };

    // Eight tenths on what a slip leaves alone; the rest tells exact spellings apart.
    private static void AddWord(Span<int> bag, in LexicalToken token, ReadOnlySpan<char> stem, int weight)
    {
        Add(bag, token.Skeleton, weight * 8 / 10);
        Add(bag, token.Stem ^ LexicalHash.Seed, weight / 10);
        int each = weight / 10 / Math.Max(1, (int)Math.Sqrt(stem.Length));
        uint first = '^', second = stem[0];
        for (int i = 1; i <= stem.Length; i++)
        {
            uint third = i < stem.Length ? stem[i] : '$';
            Add(bag, LexicalHash.Mix(((ulong)first << 40) ^ ((ulong)second << 20) ^ third), each);
            (first, second) = (second, third);
        }
    }

    // Two places for each feature halve the harm of a collision.
    private static void Add(Span<int> bag, ulong hash, int weight)
    {
        hash = LexicalHash.Mix(hash);
        bag[(int)(hash >> 1) & (BagLength - 1)] += (hash & 1) != 0 ? weight : -weight;
        hash >>= 32;
        bag[(int)(hash >> 1) & (BagLength - 1)] += (hash & 1) != 0 ? weight : -weight;
    }

    private static void Sketch(Span<ulong> sketches, in LexicalToken token, ReadOnlySpan<char> stem)
    {
        if (stem.Length < SketchedStemMin || token.IsClass)
        {
            for (int k = 0; k < SketchCount; k++) sketches[k] += LexicalHash.Mix(token.Stem + (ulong)k);
            return;
        }

        Span<ulong> least = stackalloc ulong[SketchCount];
        least.Fill(ulong.MaxValue);
        uint before = '^';
        for (int i = 0; i <= stem.Length; i++)
        {
            uint letter = i < stem.Length ? stem[i] : '$';
            ulong pair = (((ulong)before << 16) | letter) * 0x9E3779B97F4A7C15UL;
            for (int k = 0; k < SketchCount; k++) least[k] = Math.Min(least[k], LexicalHash.Mix(pair + (ulong)k));
            before = letter;
        }

        for (int k = 0; k < SketchCount; k++) sketches[k] += LexicalHash.Mix(least[k] + (ulong)k);
    }

    private static float[] Assemble(ReadOnlySpan<int> bag, ulong whole, ReadOnlySpan<ulong> sketches)
    {
        float[] vector = new float[Dimensions];
        long squares = 0;
        foreach (int number in bag) squares += (long)number * number;
        double scale = squares == 0 ? 0 : Math.Sqrt(BagShare / squares);
        for (int i = 0; i < bag.Length; i++) vector[i] = (float)(bag[i] * scale);

        Span<float> rest = vector.AsSpan(BagLength);
        Draw(rest[..WholeLength], whole, (float)Math.Sqrt(WholeShare / WholeLength));
        rest = rest[WholeLength..];
        float each = (float)Math.Sqrt(SketchShare / (SketchCount * SketchLength));
        for (int k = 0; k < SketchCount; k++) Draw(rest.Slice(k * SketchLength, SketchLength), sketches[k], each);
        return vector;
    }

    private static void Draw(Span<float> pattern, ulong hash, float each)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (i % 64 == 0) hash = LexicalHash.Mix(hash + 0x9E3779B97F4A7C15UL);
            pattern[i] = ((hash >> (i % 64)) & 1) != 0 ? each : -each;
        }
    }
}
