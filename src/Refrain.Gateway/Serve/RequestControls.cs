using System.Globalization;
using System.Net.Http.Headers;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>Reads what a caller asks of the cache from the headers of a request.</summary>
internal static class RequestControls
{
    private const int TenantLengthMax = 128;
    private const int TagCountMax = 16;

    /// <summary>Reads the headers.</summary>
    /// <param name="headers">Those of the request.</param>
    /// <param name="callerKey">The key that the caller presented, if any: callers with different keys never share an answer.</param>
    /// <exception cref="WireException">A header is not of its form.</exception>
    public static RefrainRequest Read(IHeaderDictionary headers, Secret callerKey)
    {
        CacheControlHeaderValue? control = CacheControl(headers);
        string? mode = Value(headers, HeaderNames.Mode)?.ToLowerInvariant();
        if (mode is not (null or "bypass" or "exact" or "shadow"))
            throw new WireException($"{HeaderNames.Mode} must be bypass, exact or shadow.", HeaderNames.Mode);
        bool refresh = control?.NoCache == true;
        bool noStore = control?.NoStore == true;
        return new RefrainRequest
        {
            Tenant = TenantOf(headers, callerKey),
            Bypass = mode == "bypass" || (refresh && noStore),
            Refresh = refresh,
            NoStore = noStore,
            ExactOnly = mode == "exact",
            Shadow = mode == "shadow",
            TimeToLive = Number(headers, HeaderNames.TimeToLive, 1, 315_360_000) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            SimilarityThreshold = (float?)Number(headers, HeaderNames.Threshold, -1, 1),
            Tags = TagsOf(headers),
        };
    }

    /// <summary>The tenant: a digest of the key, so that no key is ever stored; below it the part that the caller names.</summary>
    public static string TenantOf(IHeaderDictionary headers, Secret callerKey)
    {
        string tenant = callerKey.IsSet ? "key:" + Convert.ToHexStringLower(callerKey.Digest().AsSpan(0, 16)) : GatewaySettings.LocalTenant;
        if (Value(headers, HeaderNames.Tenant) is not { } part)
            return tenant;
        if (part.Length > TenantLengthMax || part.Any(c => c is < '!' or > '~'))
            throw new WireException($"{HeaderNames.Tenant} must be at most {TenantLengthMax} visible ASCII characters.", HeaderNames.Tenant);
        return tenant + "/" + part;
    }

    private static CacheControlHeaderValue? CacheControl(IHeaderDictionary headers)
    {
        if (headers.CacheControl.Count == 0)
            return null;
        return CacheControlHeaderValue.TryParse(headers.CacheControl.ToString(), out CacheControlHeaderValue? control)
            ? control
            : throw new WireException("Cache-Control is malformed.", "Cache-Control");
    }

    private static double? Number(IHeaderDictionary headers, string name, double least, double most)
    {
        if (Value(headers, name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new WireException($"{name} must be a number from {least} to {most}.", name);
    }

    private static string[] TagsOf(IHeaderDictionary headers)
    {
        string[] tags = headers[HeaderNames.Tags].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return tags.Length <= TagCountMax ? tags : throw new WireException($"{HeaderNames.Tags} may hold {TagCountMax} tags.", HeaderNames.Tags);
    }

    private static string? Value(IHeaderDictionary headers, string name) => headers[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => one.ToString().Trim(),
        _ => throw new WireException($"{name} may be given once.", name),
    };
}
