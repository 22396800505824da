namespace Refrain;

/// <summary>One word of the lexicon. A word may have several traits; each has its own field.</summary>
internal struct WordEntry
{
    public ulong Hash;
    public WordTraits Traits;

    /// <summary>Value of a number or magnitude; hour of a meridiem.</summary>
    public double Number;

    /// <summary>The unit, 1 to 127; 0 for none. Currencies are units too.</summary>
    public byte Unit;

    /// <summary>Month 1–12, weekday 21–27, or the number of a loose word.</summary>
    public byte Date;

    /// <summary>The closed class, 1 to 127.</summary>
    public byte Family;

    /// <summary>The member of the class: synonyms share it.</summary>
    public ushort Member;

    /// <summary>The pair of opposites.</summary>
    public WordSide First;

    /// <summary>Another pair, for words of two senses: "right" is not left, and not wrong.</summary>
    public WordSide Second;

    /// <summary>Languages, as bits, in which the word is a common word of grammar.</summary>
    public byte Languages;
}
