using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Refrain.Gateway;

/// <summary><c>GET /healthz</c>: 200 while requests are taken.</summary>
internal sealed class HealthEndpoint(SemanticCache cache)
{
    private readonly SemanticCacheHealthCheck _check = new(cache);

    /// <summary>Answers one request. A tier in trouble is a miss and no reason to take the gateway out of service: it is told, and the status stays.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        HealthCheckResult health = await _check.CheckHealthAsync(new HealthCheckContext(), context.RequestAborted).ConfigureAwait(false);
        var json = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("status", health.Status == HealthStatus.Healthy ? "ok" : "degraded");
            if (health.Status != HealthStatus.Healthy)
                writer.WriteString("reason", health.Description);
            writer.WriteEndObject();
        }
        context.Response.Headers.CacheControl = "no-store";
        await Failures.SendAsync(context, StatusCodes.Status200OK, json.WrittenMemory).ConfigureAwait(false);
    }
}
