namespace Refrain;

/// <summary>Whose calls are one: equal scope, text and policy, compared whole.</summary>
/// <param name="Digest">Digest of scope and text.</param>
/// <param name="Scope">The scope, kept.</param>
/// <param name="Text">The text.</param>
/// <param name="Policy">What may answer: who asks for exact answers only does not share a near one.</param>
internal readonly record struct FlightKey(UInt128 Digest, CacheScope Scope, string Text, HitPolicy Policy)
{
    public override int GetHashCode() => Digest.GetHashCode();
}
