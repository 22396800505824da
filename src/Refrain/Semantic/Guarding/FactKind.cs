namespace Refrain;

/// <summary>What a fact about a text is of. Facts are sorted by kind first, so each kind is one run of the array.</summary>
internal enum FactKind
{
    /// <summary>A number with its unit.</summary>
    Number = 1,

    /// <summary>A unit or currency named without a number.</summary>
    Unit,

    /// <summary>A date, weekday, month or time of day that a question cannot do without.</summary>
    Date,

    /// <summary>A word of time that is often left out: "today", "now", "in the evening".</summary>
    LooseDate,

    /// <summary>A name from code, an address, a path, a version.</summary>
    Identifier,

    /// <summary>A name that only its sign tells from another: "C++" and "C#".</summary>
    SignedName,

    /// <summary>A quoted string.</summary>
    Quote,

    /// <summary>A content word by its stem, whether it is the stem's opposite, and whether it is negated.</summary>
    Word,

    /// <summary>A pair of opposites, with the side that the text stands on, and whether it is negated.</summary>
    Opposite,

    /// <summary>What a negation denies.</summary>
    Denied,

    /// <summary>What stands after "from".</summary>
    Source,

    /// <summary>What stands after "to" or "into".</summary>
    Target,

    /// <summary>Two words in an order that matters: "x to y", "x … than y".</summary>
    Pair,

    /// <summary>The same two words the other way round.</summary>
    Reversed,

    /// <summary>A member of a closed class, of which a question is about one: colours, languages, account types.</summary>
    Alternative,

    /// <summary>A word written with a capital inside a sentence.</summary>
    Name,

    /// <summary>The order in which a text names its numbers, where they differ.</summary>
    NumberOrder,
}
