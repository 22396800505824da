namespace Refrain;

/// <summary>What a factory made for <see cref="SemanticCache.GetOrCreateAsync"/>.</summary>
/// <param name="Payload">The answer's bytes; the cache copies them.</param>
/// <param name="Options">How it is kept. Null: the defaults of the cache.</param>
public readonly record struct CacheAnswer(ReadOnlyMemory<byte> Payload, CacheEntryOptions? Options = null);
