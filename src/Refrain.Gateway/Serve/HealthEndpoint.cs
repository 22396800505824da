namespace Refrain.Gateway;

/// <summary><c>GET /healthz</c>: 200 while requests are taken.</summary>
internal static class HealthEndpoint
{
    /// <summary>Answers one request. A tier that fails is a miss and no reason to take the gateway out of service: the statistics tell of it.</summary>
    public static Task HandleAsync(HttpContext context) => Failures.SendAsync(context, StatusCodes.Status200OK, """{"status":"ok"}"""u8.ToArray());
}
