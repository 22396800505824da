namespace Refrain;

/// <summary>Up to when a subject (a tag, a scope, a tenant, the whole cache) was invalidated, as a number that only the store makes.</summary>
/// <param name="Subject">Seeded digest of what was invalidated.</param>
/// <param name="Number">Starts at 0 and only grows. An entry carries the numbers of its subjects at the time it was made; a greater one outdates it.</param>
public readonly record struct StoredEpoch(UInt128 Subject, long Number);
