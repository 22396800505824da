namespace Refrain.Embeddings;

/// <summary>A word, number or sign of a text, reduced to what may match.</summary>
internal struct LexicalToken
{
    /// <summary>Hash of the stem.</summary>
    public ulong Stem;

    /// <summary>Hash of the stem's skeleton: what a slip of the fingers leaves alone.</summary>
    public ulong Skeleton;

    /// <summary>Hash of the folded word as written, by which lists know it.</summary>
    public ulong Word;

    /// <summary>Where the stem lies in the reader's buffer.</summary>
    public int Start;

    /// <summary>Characters of the stem.</summary>
    public int Length;

    /// <summary>Stands for a class of words, such as the negations, and not for itself.</summary>
    public bool IsClass;

    /// <summary>Ends in an -s that the stem lost: "transfers" in general is not one transfer.</summary>
    public bool IsPlural;

    /// <summary>What the word does.</summary>
    public WordRole Role;
}
