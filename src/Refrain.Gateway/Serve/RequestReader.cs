using System.Net.Http.Headers;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>Reads the requests of chats: headers, body, and what both mean to the cache.</summary>
/// <param name="identity">What requests are told apart by.</param>
/// <param name="handsKeyOn">Whether the upstream is asked with the caller's own key.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestReader(WireIdentity identity, bool handsKeyOn, TimeProvider time)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="WireException">It is none, and why.</exception>
    public async Task<ReadRequest> ReadAsync(HttpContext context)
    {
        // A page from elsewhere can send a form or plain text to a local address unasked, but JSON only after asking.
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type) || type.MediaType is not "application/json")
            throw new WireException("Content-Type must be application/json.", status: StatusCodes.Status415UnsupportedMediaType);
        Secret callerKey = CallerKey.Of(context.Request.Headers);
        RefrainRequest control = RequestControls.Read(context.Request.Headers, callerKey);
        byte[] body = await ReadBodyAsync(context).ConfigureAwait(false);
        long startedAt = time.GetTimestamp();
        WireRequest request = WireRequest.Parse(body, handsKeyOn ? callerKey : default);
        // Several answers to one question come back as they are, for the framework's types hold one; they are not stored.
        return new ReadRequest(request, request.ToOptions(identity).WithRefrain(request.ChoiceCount > 1 ? control with { Bypass = true } : control), startedAt);
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        using var buffer = new MemoryStream(context.Request.ContentLength is { } length and < 1 << 20 ? (int)length : 0);
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted).ConfigureAwait(false);
        return buffer.ToArray();
    }
}
