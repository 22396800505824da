namespace Refrain;

/// <summary>What an invalidation names: a tag of a tenant, a tenant, a scope, or everything. Its digest waits for the seed.</summary>
/// <param name="Tenant">The tenant, or null for a scope or everything.</param>
/// <param name="Tag">The tenant's tag, or null for all of the tenant.</param>
/// <param name="Scope">The scope, kept, or null.</param>
internal sealed record EpochTarget(string? Tenant = null, string? Tag = null, CacheScope? Scope = null)
{
    internal UInt128 SubjectUnder(ulong seed)
    {
        if (Scope is not null)
            return Scope.DigestsUnder(seed).ScopeSubject;
        if (Tenant is null)
            return EpochSubject.OfEverything(seed);
        return Tag is null ? EpochSubject.OfTenant(Tenant, seed) : EpochSubject.OfTag(Tenant, Tag, seed);
    }
}
