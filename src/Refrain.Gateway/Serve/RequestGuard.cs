namespace Refrain.Gateway;

/// <summary>
/// Refuses what must not get further, on every route: requests whose length is told in two ways, pages from elsewhere that reach a local address through
/// a name of their own, and callers without a key where keys are asked for.
/// </summary>
internal sealed class RequestGuard(RequestDelegate next, GatewaySettings settings)
{
    /// <summary>The middleware's one step.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        // Kestrel has already taken Transfer-Encoding over Content-Length by now, and keeps the latter under this name; a proxy in front may have chosen otherwise.
        if (headers.TransferEncoding.Count > 0 && (headers.ContentLength is not null || headers.ContainsKey("X-Content-Length")))
        {
            context.Response.Headers.Connection = "close";
            await Failures.RefuseAsync(context, StatusCodes.Status400BadRequest, "A request has a Content-Length or a Transfer-Encoding, never both.").ConfigureAwait(false);
            return;
        }
        if (settings.ApiKeys.Count > 0)
        {
            if (!CallerKey.IsAny(CallerKey.Of(headers), settings.ApiKeys))
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await Failures.RefuseAsync(context, StatusCodes.Status401Unauthorized, "Present one of the gateway's keys: Authorization: Bearer KEY.", "invalid_api_key").ConfigureAwait(false);
                return;
            }
        }
        else if (!ListenAddresses.IsLoopbackHost(context.Request.Host.Host.Trim('[', ']')))
        {
            await Failures.RefuseAsync(context, StatusCodes.Status403Forbidden,
                $"Without {SettingNames.ApiKeys} this gateway answers only to localhost, not to the name in the Host header.").ConfigureAwait(false);
            return;
        }
        await next(context).ConfigureAwait(false);
    }
}
