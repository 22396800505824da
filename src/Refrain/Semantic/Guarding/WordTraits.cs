namespace Refrain;

/// <summary>What the guards know of a word.</summary>
[Flags]
internal enum WordTraits
{
    None = 0,

    /// <summary>A word of grammar: never the subject of a question.</summary>
    Function = 1 << 0,

    /// <summary>Negates what follows.</summary>
    Negation = 1 << 1,

    /// <summary>Counts: "seven", "hundred".</summary>
    Number = 1 << 2,

    /// <summary>Multiplies the number before it.</summary>
    Magnitude = 1 << 3,

    /// <summary>A number that is often manner of speech: "one", "first", "second".</summary>
    LooseNumber = 1 << 4,

    /// <summary>A unit of measure, whether or not a number stands before it.</summary>
    Unit = 1 << 5,

    /// <summary>A unit only directly after a number: "m", "c", "in".</summary>
    ShortUnit = 1 << 6,

    /// <summary>A currency.</summary>
    Currency = 1 << 7,

    /// <summary>A month or weekday that is nothing else.</summary>
    Date = 1 << 8,

    /// <summary>A month whose name is also a plain word: "may", "march", "sat".</summary>
    AmbiguousDate = 1 << 9,

    /// <summary>A word of time that is often left out.</summary>
    LooseDate = 1 << 10,

    /// <summary>Stands in a pair of opposites.</summary>
    Polar = 1 << 11,

    /// <summary>A member of a closed class.</summary>
    Alternative = 1 << 12,

    /// <summary>Begins like a negated word but is none: "invoice", "display".</summary>
    Whole = 1 << 13,

    /// <summary>Half past noon or before it: "am", "pm".</summary>
    Meridiem = 1 << 14,
}
