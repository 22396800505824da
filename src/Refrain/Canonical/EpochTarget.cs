namespace Refrain;

/// <summary>What an invalidation names: a tag of a tenant, a tenant, a scope, two texts of a scope, or everything. Its digest waits for the seed.</summary>
/// <param name="Tenant">The tenant, or null for a scope or everything.</param>
/// <param name="Tag">The tenant's tag, or null for all of the tenant.</param>
/// <param name="Scope">The scope, kept, or null.</param>
/// <param name="Texts">Two texts of the scope that never answer each other again, or null for all of the scope.</param>
internal sealed record EpochTarget(string? Tenant = null, string? Tag = null, CacheScope? Scope = null, (byte[] Asked, byte[] Stored)? Texts = null)
{
    internal UInt128 SubjectUnder(ulong seed)
    {
        if (Scope is not null && Texts is { } texts)
        {
            CacheKey asked = KeyReader.KeyOf(Scope, texts.Asked, seed);
            return EpochSubject.OfPair(asked.Scope, asked.Digest, KeyReader.KeyOf(Scope, texts.Stored, seed).Digest, seed);
        }

        if (Scope is not null)
            return Scope.DigestsUnder(seed).ScopeSubject;
        if (Tenant is null)
            return EpochSubject.OfEverything(seed);
        return Tag is null ? EpochSubject.OfTenant(Tenant, seed) : EpochSubject.OfTag(Tenant, Tag, seed);
    }
}
