namespace Refrain;

/// <summary>
/// Compares what two texts deny. A word on one side of a pair of opposites in one text and on the other side in the other is a flip; a negation more
/// is a flip too; two flips at the same word undo each other: "not correct" is "incorrect".
/// </summary>
internal static class WordCheck
{
    internal static Guards Opposites(TextFeatures asked, TextFeatures stored, Guards enabled)
    {
        Flips words = Compare(asked.Of(FactKind.Word), stored.Of(FactKind.Word));
        Flips pairs = Compare(asked.Of(FactKind.Opposite), stored.Of(FactKind.Opposite));
        Guards refused = (words.Refused | pairs.Refused) & enabled;
        if (refused != Guards.None) return (refused & Guards.Negation) != Guards.None ? Guards.Negation : refused;
        if ((enabled & Guards.Negation) == Guards.None) return Guards.None;

        int more = asked.Of(FactKind.Denied).Length - stored.Of(FactKind.Denied).Length + words.Denials + pairs.Denials;
        int undone = Math.Abs(words.Undone) > Math.Abs(pairs.Undone) ? words.Undone : pairs.Undone;
        return more != undone ? Guards.Negation : Guards.None;
    }

    private static Flips Compare(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        Flips flips = default;
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            uint keyA = i < a.Length ? Fact.WordKeyOf(Fact.PayloadOf(a[i])) : uint.MaxValue;
            uint keyB = j < b.Length ? Fact.WordKeyOf(Fact.PayloadOf(b[j])) : uint.MaxValue;
            if (keyA < keyB) flips.Denials += Take(a, ref i, keyA).Denies ? 1 : 0;
            else if (keyB < keyA) flips.Denials -= Take(b, ref j, keyB).Denies ? 1 : 0;
            else flips.Add(Take(a, ref i, keyA), Take(b, ref j, keyB));
        }

        return flips;
    }

    private static Sides Take(ReadOnlySpan<uint> facts, ref int i, uint key)
    {
        Sides sides = default;
        for (; i < facts.Length && Fact.WordKeyOf(Fact.PayloadOf(facts[i])) == key; i++)
        {
            uint word = Fact.PayloadOf(facts[i]);
            sides.Has |= Fact.WordIsOpposite(word) ? 2 : 1;
            sides.IsNegated |= Fact.WordIsNegated(word);
            sides.IsDirection |= Fact.WordIsDirection(word);
            sides.Denies |= Fact.WordDenies(word);
        }

        return sides;
    }

    private struct Sides
    {
        public int Has;
        public bool IsNegated;
        public bool IsDirection;
        public bool Denies;
    }

    private struct Flips
    {
        /// <summary>The guards that a flip, undone by no negation, belongs to.</summary>
        public Guards Refused;

        /// <summary>Flips that a negation undoes: in the asked text, less those in the stored text.</summary>
        public int Undone;

        /// <summary>Words that deny by themselves and that the other text has in no form: in the asked text, less those in the stored text.</summary>
        public int Denials;

        public void Add(Sides asked, Sides stored)
        {
            if ((asked.Has & stored.Has) != 0) return;
            if (asked.IsNegated == stored.IsNegated) Refused |= asked.IsDirection ? Guards.Direction : Guards.Negation;
            else Undone += asked.IsNegated ? 1 : -1;
        }
    }
}
