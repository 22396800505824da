namespace Refrain.Embeddings;

/// <summary>The space of <see cref="LexicalEmbeddingGenerator"/>.</summary>
internal sealed record LexicalSpace : EmbeddingSpace
{
    /// <summary>Longer texts are not matched: in any order is too little to ask of so many words.</summary>
    internal const int TextLengthMax = 2000;

    /// <inheritdoc/>
    public override bool Covers(ReadOnlySpan<char> text)
    {
        if (text.Length > TextLengthMax) return false;
        foreach (char c in text)
        {
            if (char.IsLetterOrDigit(c)) return true;
        }

        return false;
    }
}
