namespace Refrain;

/// <summary>The address of an entry: a digest of its scope and a digest of its canonical bytes.</summary>
/// <param name="Scope">Seeded 128-bit digest of the scope's canonical bytes; also the namespace of the semantic index.</param>
/// <param name="Digest">Seeded 128-bit digest of scope and text.</param>
/// <remarks>A digest is never permission: whoever finds an entry by its key compares the canonical bytes before serving it.</remarks>
public readonly record struct CacheKey(UInt128 Scope, UInt128 Digest);
