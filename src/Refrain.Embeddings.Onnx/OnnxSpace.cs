namespace Refrain.Embeddings.Onnx;

/// <summary>The space of a sentence encoder: texts beyond its window or in letters it does not know are not matched.</summary>
internal sealed record OnnxSpace : EmbeddingSpace
{
    /// <summary>Counts the tokens that a text becomes.</summary>
    public required Func<string, int> CountTokens { get; init; }

    /// <summary>Most tokens.</summary>
    public required int TokensMax { get; init; }

    /// <summary>Whether the model knows Latin letters only.</summary>
    public required bool LatinOnly { get; init; }

    /// <inheritdoc/>
    public override bool Covers(ReadOnlySpan<char> text)
    {
        if (text.IsWhiteSpace() || (LatinOnly && HasOtherScript(text))) return false;

        // A token has a character at least: only long texts need to be counted.
        return text.Length <= TokensMax - 2 || CountTokens(text.ToString()) <= TokensMax;
    }

    private static bool HasOtherScript(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c >= '\u0250' && char.IsLetter(c) && c is not (>= '\u1E00' and < '\u1F00')) return true;
        }

        return false;
    }
}
