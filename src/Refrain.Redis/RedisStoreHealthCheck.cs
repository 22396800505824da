using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Refrain.Redis;

/// <summary>Healthy while all of Redis answers; degraded, never unhealthy, while it does not: the tiers in process serve, and new answers are made and kept there.</summary>
/// <param name="store">The store to look at. Nothing is sent: its own probes know.</param>
public sealed class RedisStoreHealthCheck(RedisStore store) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["connection"] = store.Connection,
            ["foreignReplies"] = store.ForeignReplyCount,
            ["refusedWrites"] = store.RefusedWriteCount,
        };
        return Task.FromResult(store.IsReachable
            ? HealthCheckResult.Healthy("Redis answers.", data)
            : HealthCheckResult.Degraded("Redis does not answer; local tiers serve.", exception: null, data));
    }
}
