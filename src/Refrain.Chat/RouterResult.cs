namespace Refrain.Chat;

/// <summary>What <see cref="CachedRouter.InvokeAsync"/> answers.</summary>
/// <param name="Response">The answer's text.</param>
/// <param name="Cached">Whether it came from the cache.</param>
/// <param name="HitKind">The tier it came from.</param>
/// <param name="Similarity">Cosine in [-1, 1] of the nearest stored text; 1 on exact hits, NaN where none was looked for.</param>
/// <param name="Model">The model that gave the answer, or null if nobody said.</param>
/// <param name="Cost">What this request cost; zero on a hit, and where another caller's upstream call answered.</param>
/// <param name="Tokens">Tokens that this request used, input and output together; zero where <paramref name="Cost"/> is for that reason.</param>
/// <param name="Saved">What a hit saved.</param>
public sealed record RouterResult(
    string Response, bool Cached, HitKind HitKind, double Similarity, string? Model, decimal Cost, long Tokens, decimal Saved);
