namespace Refrain.Gateway;

/// <summary>One answer, as the page shows it.</summary>
/// <param name="At">When it was finished.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="Outcome">What the cache did: a word of <see cref="CacheOutcome"/>.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Milliseconds">From the request's last byte to the answer's last.</param>
/// <param name="Similarity">Cosine of the nearest stored text, or null where none was looked for.</param>
/// <param name="Saved">Money saved.</param>
/// <param name="Stream">Whether it went out as server-sent events.</param>
internal sealed record RequestRecord(
    DateTimeOffset At, string Model, string Outcome, int Status, double Milliseconds, double? Similarity, decimal Saved, bool Stream);
