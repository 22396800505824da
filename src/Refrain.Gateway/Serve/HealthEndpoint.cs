using Refrain.Redis;

namespace Refrain.Gateway;

/// <summary><c>GET /healthz</c>: 200 while requests are taken.</summary>
internal sealed class HealthEndpoint(IDurableStore store)
{
    /// <summary>Answers one request. A store that is away makes the gateway slower and no reason to take it out of service: it is told, and the status stays.</summary>
    public Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Failures.SendAsync(context, StatusCodes.Status200OK, store is RedisStore { IsReachable: false }
            ? """{"status":"degraded","reason":"Redis does not answer; local tiers serve."}"""u8.ToArray()
            : """{"status":"ok"}"""u8.ToArray());
    }
}
