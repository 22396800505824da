namespace Refrain.Gateway;

/// <summary><c>GET /</c>: the page that shows what the cache does. It loads nothing from elsewhere.</summary>
internal static class PageEndpoint
{
    private const string ResourceName = "Refrain.Gateway.Page.html";

    private static readonly Lazy<byte[]> Page = new(Read);

    /// <summary>Answers one request.</summary>
    public static async Task HandleAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.Body.WriteAsync(Page.Value, context.RequestAborted).ConfigureAwait(false);
    }

    private static byte[] Read()
    {
        using Stream stream = typeof(PageEndpoint).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The assembly holds no {ResourceName}.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
