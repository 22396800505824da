using System.IO.Hashing;
using System.Text;

namespace Refrain;

/// <summary>
/// What makes two embeddings comparable. Vectors of different spaces are never compared. An embedder tells its space through
/// <c>GetService(typeof(EmbeddingSpace))</c>.
/// </summary>
public record EmbeddingSpace
{
    /// <summary>Model name, such as "voyage-4" or "refrain-lexical".</summary>
    public required string Model { get; init; }

    /// <summary>Revision of the model or of the code that embeds; changes whenever the same text may get another vector.</summary>
    public string Revision { get; init; } = "";

    /// <summary>Numbers in a vector; from 64 to 4,096.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Pooling, prompt prefix, input type, numeric type: whatever else the vector depends on.</summary>
    public string Variant { get; init; } = "";

    /// <summary>Smallest cosine similarity, in [-1, 1], at which texts of this space count as the same question. Null: never calibrated.</summary>
    public float? SimilarityThreshold { get; init; }

    /// <summary>Digest of everything above but the threshold; kept with every stored vector.</summary>
    public ulong Digest => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{Model.Length}:{Model}{Revision.Length}:{Revision}{Dimensions}:{Variant}"));

    /// <summary>Whether the embedder can tell this text from others: false where it would be cut, or is in a script unknown to the model.</summary>
    /// <param name="text">The whole text.</param>
    /// <returns>False makes the lookup bypass the semantic tier.</returns>
    public virtual bool Covers(ReadOnlySpan<char> text) => true;
}
