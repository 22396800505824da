namespace Refrain;

/// <summary>What the semantic tier found.</summary>
/// <param name="Entry">An entry that may answer, or null.</param>
/// <param name="Similarity">Its cosine, or on a miss that of the nearest looked at, or NaN.</param>
/// <param name="RefusedBy">The guard that refused the nearest.</param>
internal readonly record struct SemanticMatch(CacheEntry? Entry, float Similarity, Guards RefusedBy)
{
    internal static SemanticMatch Nothing => new(null, float.NaN, Guards.None);
}
