using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Refrain.Gateway;

/// <summary><c>DELETE /v1/cache</c>: outdates the caller's own answers, those with a tag or all of them. Nobody reaches another's.</summary>
internal sealed class CacheEndpoint(SemanticCache cache)
{
    private const string TagName = "tag";

    /// <summary>Answers one request, when nothing of what was outdated is served any more.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        try
        {
            string tenant = RequestControls.TenantOf(context.Request.Headers, CallerKey.Of(context.Request.Headers));
            string[] tags = TagsOf(context.Request.Query);
            foreach (string tag in tags)
                await cache.InvalidateTagAsync(tenant, tag, context.RequestAborted).ConfigureAwait(false);
            if (tags.Length == 0)
                await cache.InvalidateTenantAsync(tenant, context.RequestAborted).ConfigureAwait(false);
            await Failures.SendAsync(context, StatusCodes.Status200OK, Tell(tags)).ConfigureAwait(false);
        }
        catch (WireException e)
        {
            await Failures.RefuseAsync(context, e.Status, e.Message, e.Code, e.Param).ConfigureAwait(false);
        }
    }

    /// <summary>The tags named. A misspelt parameter must not outdate everything.</summary>
    private static string[] TagsOf(IQueryCollection query)
    {
        foreach ((string name, StringValues values) in query)
        {
            if (!string.Equals(name, TagName, StringComparison.Ordinal))
                throw new WireException($"There is no parameter \"{name}\": name tags as in ?{TagName}=prices, or nothing to outdate all that is yours.", name);
            if (values.Any(string.IsNullOrWhiteSpace))
                throw new WireException($"A {TagName} is a name.", TagName);
        }
        return [.. query[TagName].OfType<string>().Select(tag => tag.Trim())];
    }

    private static ReadOnlyMemory<byte> Tell(string[] tags)
    {
        var json = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("outdated", tags.Length == 0 ? "all" : TagName);
            writer.WriteStartArray("tags");
            foreach (string tag in tags)
                writer.WriteStringValue(tag);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return json.WrittenMemory;
    }
}
