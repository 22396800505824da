namespace Refrain.Gateway;

/// <summary>How often one tier answered.</summary>
/// <param name="Kind">exact, durable, semantic or miss.</param>
/// <param name="Count">Prompts.</param>
/// <param name="Share">Of all prompts, from 0 to 1.</param>
/// <param name="Wrong">Of them, answered with what was made for another group; null for a miss, or where the file names no groups.</param>
internal sealed record ReplayOutcome(string Kind, long Count, double Share, long? Wrong);
