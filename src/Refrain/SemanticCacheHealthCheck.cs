using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Refrain;

/// <summary>Tells which tiers of a cache are in trouble. A cache in trouble still serves what it can, so it is degraded at worst.</summary>
public sealed class SemanticCacheHealthCheck : IHealthCheck
{
    private readonly SemanticCache _cache;

    /// <summary>A check of one cache.</summary>
    /// <exception cref="ArgumentNullException">The cache is null.</exception>
    public SemanticCacheHealthCheck(SemanticCache cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        _cache = cache;
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string[] troubles = [.. _cache.Troubles()];
        return Task.FromResult(troubles.Length == 0
            ? HealthCheckResult.Healthy($"Cache {_cache.Name}: every tier answers.")
            : HealthCheckResult.Degraded($"Cache {_cache.Name}: {string.Join(' ', troubles)}"));
    }
}
