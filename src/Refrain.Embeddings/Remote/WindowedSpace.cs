using System.Text;

namespace Refrain.Embeddings;

/// <summary>The space of a model with a window: texts that may not fit are not matched.</summary>
internal sealed record WindowedSpace : EmbeddingSpace
{
    /// <summary>Most UTF-8 bytes of a text.</summary>
    public required int TextBytesMax { get; init; }

    /// <summary>Whether the model knows Latin letters only.</summary>
    public bool LatinOnly { get; init; }

    /// <inheritdoc/>
    public override bool Covers(ReadOnlySpan<char> text)
    {
        if (text.IsWhiteSpace() || Encoding.UTF8.GetByteCount(text) > TextBytesMax) return false;
        return !LatinOnly || !HasOtherScript(text);
    }

    // Latin ends at U+024F, and has a supplement from U+1E00. Signs and punctuation belong to no script.
    private static bool HasOtherScript(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c >= '\u0250' && char.IsLetter(c) && c is not (>= '\u1E00' and < '\u1F00')) return true;
        }

        return false;
    }
}
