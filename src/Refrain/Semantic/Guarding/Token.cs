namespace Refrain;

/// <summary>A word, a number or a sign, as <see cref="TextScanner"/> finds it.</summary>
internal struct Token
{
    public TokenKind Kind;

    /// <summary>No white space stands before it.</summary>
    public bool Adjacent;

    /// <summary>Written with a capital first and lower case after.</summary>
    public bool Capitalised;

    /// <summary>Index of its first UTF-16 unit.</summary>
    public int Start;

    /// <summary>UTF-16 units.</summary>
    public int Length;

    /// <summary>Of a word: <see cref="WordHash"/>.</summary>
    public ulong Hash;

    /// <summary>Of a word: what the lexicon knows.</summary>
    public WordTraits Traits;

    /// <summary>Of a sign: the character.</summary>
    public char Sign;
}
