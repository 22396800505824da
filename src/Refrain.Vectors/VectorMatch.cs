namespace Refrain.Vectors;

/// <summary>A stored vector that a search found.</summary>
/// <param name="Key">The key it was added under.</param>
/// <param name="Similarity">Cosine in [-1, 1]; larger is nearer.</param>
public readonly record struct VectorMatch(UInt128 Key, float Similarity);
