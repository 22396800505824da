namespace Refrain.Gateway;

/// <summary>A labelled pair with what the cache would see of it.</summary>
/// <param name="IsValid">Whether a hit would be right.</param>
/// <param name="Similarity">Cosine of the two texts; -1 where the embedder does not cover one of them, which is never matched.</param>
/// <param name="RefusedBy">The guard that refuses, or none.</param>
internal readonly record struct ScoredPair(bool IsValid, float Similarity, Guards RefusedBy);
