using System.IO.Hashing;

namespace Refrain;

/// <summary>
/// Everything that must be <em>equal</em> for an answer to be reused: tenant, provider, model, system prompt, parameters, whatever the caller adds.
/// Immutable; build it once and reuse it, since its digest is computed once.
/// </summary>
public sealed class CacheScope : IEquatable<CacheScope>
{
    /// <summary>Of this process only, so that nobody can prepare scopes that collide in a caller's dictionary.</summary>
    private static readonly long HashSeed = Random.Shared.NextInt64();

    private readonly ReadOnlyMemory<byte> _canonical;
    private readonly bool _isLent;
    private SeededDigests? _digests;

    internal CacheScope(string tenant, ReadOnlyMemory<byte> canonical, bool isLent)
    {
        Tenant = tenant;
        _canonical = canonical;
        _isLent = isLent;
    }

    /// <summary>Whose answers these are. Never shared with another tenant, in any tier.</summary>
    public string Tenant { get; }

    /// <summary>The bytes that are compared before anything is served.</summary>
    internal ReadOnlySpan<byte> Canonical => _canonical.Span;

    internal int Size => _canonical.Length;

    /// <summary>Makes a scope of text fields. For fields of other types see <see cref="CacheScopeBuilder"/>.</summary>
    /// <param name="tenant">Whose answers these are; not empty.</param>
    /// <param name="fields">Names and values, in an order that is part of the scope.</param>
    /// <exception cref="ArgumentException">The tenant is null or empty, a name is null, or a text is malformed UTF-16.</exception>
    public static CacheScope Create(string tenant, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        using var builder = new CacheScopeBuilder(tenant);
        foreach ((string name, string value) in fields)
            builder.Add(name, value);
        return builder.Build();
    }

    /// <summary>Whether both are made of the same bytes: the same tenant and the same fields in the same order.</summary>
    public bool Equals(CacheScope? other) => ReferenceEquals(this, other) || (other is not null && Canonical.SequenceEqual(other.Canonical));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CacheScope);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)XxHash3.HashToUInt64(Canonical, HashSeed);

    /// <summary>This scope, or a copy of it where its bytes are only lent.</summary>
    internal CacheScope Keep() => _isLent ? new CacheScope(Tenant, Canonical.ToArray(), isLent: false) { _digests = _digests } : this;

    /// <summary>The digests of this scope under a store's seed; computed once for a seed.</summary>
    internal SeededDigests DigestsUnder(ulong seed)
    {
        SeededDigests? known = _digests;
        return known is not null && known.Seed == seed ? known : Compute(seed);
    }

    private SeededDigests Compute(ulong seed)
    {
        UInt128 scope = XxHash128.HashToUInt128(Canonical, (long)seed);
        var computed = new SeededDigests(seed, scope, EpochSubject.OfScope(scope, seed), EpochSubject.OfTenant(Tenant, seed), EpochSubject.OfEverything(seed));
        _digests = computed;
        return computed;
    }

    /// <param name="Seed">The seed of the store they belong to.</param>
    /// <param name="Scope">Digest of the canonical bytes.</param>
    /// <param name="ScopeSubject">What an invalidation of the scope advances.</param>
    /// <param name="TenantSubject">What an invalidation of the tenant advances.</param>
    /// <param name="EverythingSubject">What an invalidation of the whole cache advances.</param>
    internal sealed record SeededDigests(ulong Seed, UInt128 Scope, UInt128 ScopeSubject, UInt128 TenantSubject, UInt128 EverythingSubject)
    {
        /// <summary>What the <see cref="EpochTable"/> remembers of this scope.</summary>
        internal object? Epochs { get; set; }
    }
}
