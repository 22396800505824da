using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary><c>POST /v1/cache/wrong</c>: the body of a request whose answer from the cache was wrong. The next such request reaches the model.</summary>
/// <param name="chat">The cache's client.</param>
/// <param name="reader">Reads requests.</param>
internal sealed class WrongHitEndpoint(RefrainChatClient chat, RequestReader reader)
{
    /// <summary>Answers one request, when what was reported is not served any more.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            ReadRequest read = await reader.ReadAsync(context).ConfigureAwait(false);
            bool removed = await chat.ReportWrongHitAsync(read.Wire.Messages, read.Options, right: null, context.RequestAborted).ConfigureAwait(false);
            await Failures.SendAsync(context, StatusCodes.Status200OK, removed ? """{"reported":true}"""u8.ToArray() : """{"reported":false}"""u8.ToArray()).ConfigureAwait(false);
        }
        catch (WireException e)
        {
            await Failures.RefuseAsync(context, e.Status, e.Message, e.Code, e.Param).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await Failures.RefuseAsync(context, e.StatusCode, e.Message).ConfigureAwait(false);
        }
    }
}
