namespace Refrain;

/// <summary>Compares the facts of two texts, kind by kind.</summary>
internal static class FactCheck
{
    /// <summary>Numbers must be the same on both sides; so must units and currencies where both name one.</summary>
    /// <returns>The guard that refuses: numbers or currency.</returns>
    internal static Guards Numbers(TextFeatures asked, TextFeatures stored)
    {
        ReadOnlySpan<uint> a = asked.Of(FactKind.Number), b = stored.Of(FactKind.Number);
        if (!a.SequenceEqual(b))
        {
            Guards refused = Unmatched(a, b, out bool looseOnlyInA);
            if (refused != Guards.None) return refused;
            refused = Unmatched(b, a, out bool looseOnlyInB);
            if (refused != Guards.None) return refused;
            if ((looseOnlyInA && looseOnlyInB) || BothHaveMore(a, b, Fact.NumberValueShift)) return Guards.Numbers;
            refused = UnitsTraded(a, b);
            if (refused != Guards.None) return refused;
        }

        return Units(asked.Of(FactKind.Unit), stored.Of(FactKind.Unit));
    }

    internal static bool DatesDiffer(TextFeatures asked, TextFeatures stored) =>
        BothHaveMore(asked.Of(FactKind.Date), stored.Of(FactKind.Date), 0) || BothHaveMore(asked.Of(FactKind.LooseDate), stored.Of(FactKind.LooseDate), 0)
        || LacksDate(asked, stored) || LacksDate(stored, asked);

    /// <summary>A question of few words cannot spare its date; a report can.</summary>
    private static bool LacksDate(TextFeatures longer, TextFeatures shorter) =>
        longer.IsShort && HasOwn(longer.Of(FactKind.Date), shorter.Of(FactKind.Date));

    internal static bool IdentifiersDiffer(TextFeatures asked, TextFeatures stored) =>
        !asked.Of(FactKind.SignedName).SequenceEqual(stored.Of(FactKind.SignedName)) || BothHaveOwn(asked, stored, FactKind.Identifier);

    /// <summary>Whether each text has a fact that the other has not: one was put in the other's place.</summary>
    internal static bool BothHaveOwn(TextFeatures asked, TextFeatures stored, FactKind kind)
    {
        ReadOnlySpan<uint> a = asked.Of(kind), b = stored.Of(kind);
        return a.Length > 0 && b.Length > 0 && HasOwn(a, b) && HasOwn(b, a);
    }

    /// <summary>"From A to B" against "from B to A", "x than y" against "y than x", "row 2 of page 3" against "row 3 of page 2".</summary>
    internal static bool RolesDiffer(TextFeatures asked, TextFeatures stored) =>
        Swapped(asked, stored) || Swapped(stored, asked) || NumbersSwapped(asked, stored)
        || (Share(asked.Of(FactKind.Pair), stored.Of(FactKind.Reversed)) && !Share(asked.Of(FactKind.Pair), stored.Of(FactKind.Pair)));

    /// <summary>Whether, in one closed class, each text names a member that the other does not name.</summary>
    internal static bool AlternativesDiffer(TextFeatures asked, TextFeatures stored)
    {
        ReadOnlySpan<uint> a = asked.Of(FactKind.Alternative), b = stored.Of(FactKind.Alternative);
        while (a.Length > 0 && b.Length > 0)
        {
            uint family = Fact.AlternativeFamilyOf(Fact.PayloadOf(a[0]));
            ReadOnlySpan<uint> mine = a[..FamilyLength(a, family)], theirs = OfFamily(b, family);
            a = a[mine.Length..];
            if (theirs.Length > 0 && HasOwn(mine, theirs) && HasOwn(theirs, mine)) return true;
        }

        return false;
    }

    // Whether each side names something more often than the other: where a number becomes one that is there already, the sets stay the same.
    private static bool BothHaveMore(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, int shift)
    {
        bool more = false, less = false;
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            uint x = i < a.Length ? a[i] >> shift : uint.MaxValue, y = j < b.Length ? b[j] >> shift : uint.MaxValue;
            more |= x < y;
            less |= y < x;
            if (x <= y) i++;
            if (y <= x) j++;
        }

        return more && less;
    }

    // "2 weeks, 2 days" against "2 months, 2 days": each number finds a partner somewhere, and yet a unit took another's place.
    private static Guards UnitsTraded(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        int i = 0, j = 0, mine = 0, theirs = 0;
        uint value = uint.MaxValue;
        while (i < a.Length || j < b.Length)
        {
            uint x = i < a.Length ? a[i] >> 1 : uint.MaxValue, y = j < b.Length ? b[j] >> 1 : uint.MaxValue;
            if (x <= y) i++;
            if (y <= x) j++;
            uint number = Fact.PayloadOf(Math.Min(x, y) << 1);
            if (Fact.NumberValueOf(number) != value) (value, mine, theirs) = (Fact.NumberValueOf(number), 0, 0);
            int unit = Fact.NumberUnitOf(number);
            if (x < y && unit != 0) mine = unit;
            else if (y < x && unit != 0) theirs = unit;
            if (mine != 0 && theirs != 0) return mine >= NumberWords.FirstCurrency && theirs >= NumberWords.FirstCurrency ? Guards.Currency : Guards.Numbers;
        }

        return Guards.None;
    }

    // In a long text a word may well stand after "from" here and after "to" there.
    private static bool Swapped(TextFeatures asked, TextFeatures stored) =>
        asked.IsShort && stored.IsShort
        && Share(asked.Of(FactKind.Source), stored.Of(FactKind.Target))
        && !Share(asked.Of(FactKind.Source), stored.Of(FactKind.Source))
        && !Share(asked.Of(FactKind.Target), stored.Of(FactKind.Target));

    // In a long text the numbers of two sentences may well change places.
    private static bool NumbersSwapped(TextFeatures asked, TextFeatures stored)
    {
        if (!asked.IsShort || !stored.IsShort || asked.Of(FactKind.NumberOrder).SequenceEqual(stored.Of(FactKind.NumberOrder))) return false;
        ReadOnlySpan<uint> a = asked.Of(FactKind.Number), b = stored.Of(FactKind.Number);
        if (a.Length != b.Length) return false;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] >> Fact.NumberValueShift != b[i] >> Fact.NumberValueShift) return false;
        }

        return true;
    }

    private static Guards Unmatched(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, out bool looseOnly)
    {
        looseOnly = false;
        foreach (uint fact in a)
        {
            uint number = Fact.PayloadOf(fact);
            if (Matches(number, b)) continue;
            if (Fact.NumberIsLoose(number)) looseOnly = true;
            else return GuardOf(number, b);
        }

        return Guards.None;
    }

    private static bool Matches(uint number, ReadOnlySpan<uint> others)
    {
        foreach (uint fact in others)
        {
            uint other = Fact.PayloadOf(fact);
            if (Fact.NumberValueOf(other) != Fact.NumberValueOf(number)) continue;
            int unit = Fact.NumberUnitOf(number), otherUnit = Fact.NumberUnitOf(other);
            if (unit == otherUnit || unit == 0 || otherUnit == 0) return true;
        }

        return false;
    }

    // A sum of money is the currency guard's, whichever part of it differs.
    private static Guards GuardOf(uint number, ReadOnlySpan<uint> others)
    {
        if (Fact.NumberUnitOf(number) >= NumberWords.FirstCurrency) return Guards.Currency;
        foreach (uint fact in others)
        {
            uint other = Fact.PayloadOf(fact);
            if (Fact.NumberUnitOf(other) >= NumberWords.FirstCurrency && Fact.NumberValueOf(other) == Fact.NumberValueOf(number)) return Guards.Currency;
        }

        return Guards.Numbers;
    }

    private static Guards Units(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        if (a.Length == 0 || b.Length == 0 || !HasOwn(a, b) || !HasOwn(b, a)) return Guards.None;
        return Fact.PayloadOf(a[^1]) >= NumberWords.FirstCurrency && Fact.PayloadOf(b[^1]) >= NumberWords.FirstCurrency ? Guards.Currency : Guards.Numbers;
    }

    private static bool HasOwn(ReadOnlySpan<uint> mine, ReadOnlySpan<uint> theirs)
    {
        foreach (uint fact in mine)
        {
            if (theirs.BinarySearch(fact) < 0) return true;
        }

        return false;
    }

    // Payloads are compared: the kinds differ on purpose.
    private static bool Share(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            uint x = Fact.PayloadOf(a[i]), y = Fact.PayloadOf(b[j]);
            if (x == y) return true;
            if (x < y) i++;
            else j++;
        }

        return false;
    }

    private static int FamilyLength(ReadOnlySpan<uint> facts, uint family)
    {
        int length = 0;
        while (length < facts.Length && Fact.AlternativeFamilyOf(Fact.PayloadOf(facts[length])) == family) length++;
        return length;
    }

    private static ReadOnlySpan<uint> OfFamily(ReadOnlySpan<uint> facts, uint family)
    {
        int start = 0;
        while (start < facts.Length && Fact.AlternativeFamilyOf(Fact.PayloadOf(facts[start])) != family) start++;
        return facts.Slice(start, FamilyLength(facts[start..], family));
    }
}
