using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
/// <param name="chat">The cache, with the upstream or the demo model below it.</param>
/// <param name="reader">Reads requests.</param>
/// <param name="handsKeyOn">Whether the upstream is asked with the caller's own key.</param>
/// <param name="meter">Counts.</param>
/// <param name="log">Remembers the last few.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For failures that are nobody's but ours.</param>
internal sealed partial class ChatEndpoint(
    IChatClient chat, RequestReader reader, bool handsKeyOn, GatewayMeter meter, RequestLog log, TimeProvider time, ILogger<ChatEndpoint> logger)
{
    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var exchange = new Exchange(time);
        try
        {
            await AnswerAsync(context, exchange).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            exchange.Status = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e)
        {
            await FailAsync(context, exchange, e).ConfigureAwait(false);
        }
        double seconds = time.GetElapsedTime(exchange.StartedAt).TotalSeconds;
        meter.Count(exchange.Word, exchange.Status, seconds);
        log.Add(new RequestRecord(
            time.GetUtcNow(), exchange.Request?.Model ?? "", exchange.Word, exchange.Status, seconds * 1000,
            double.IsNaN(exchange.Outcome.Similarity) ? null : exchange.Outcome.Similarity, exchange.Outcome.Saved, exchange.Request?.Stream ?? false));
    }

    private async Task AnswerAsync(HttpContext context, Exchange exchange)
    {
        ReadRequest read = await reader.ReadAsync(context).ConfigureAwait(false);
        (WireRequest request, ChatOptions options, exchange.StartedAt) = read;
        exchange.Request = request;
        string id = "chatcmpl-" + Guid.NewGuid().ToString("N");
        if (request.Stream)
            await StreamAsync(context, exchange, request, options, id).ConfigureAwait(false);
        else
            await SendWholeAsync(context, exchange, request, options, id).ConfigureAwait(false);
    }

    private async Task SendWholeAsync(HttpContext context, Exchange exchange, WireRequest request, ChatOptions options, string id)
    {
        ChatResponse response = await chat.GetResponseAsync(request.Messages, options, context.RequestAborted).ConfigureAwait(false);
        WriteHeaders(context, exchange, response.AdditionalProperties);
        var json = new ArrayBufferWriter<byte>(1024);
        WireAnswerWriter.Write(json, response, request, id, time.GetUtcNow());
        await Failures.SendAsync(context, StatusCodes.Status200OK, json.WrittenMemory).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext context, Exchange exchange, WireRequest request, ChatOptions options, string id)
    {
        CancellationToken gone = context.RequestAborted;
        await using IAsyncEnumerator<ChatResponseUpdate> updates = chat.GetStreamingResponseAsync(request.Messages, options, gone).GetAsyncEnumerator(gone);
        // Until the first update has come, a failure still has a status of its own.
        bool more = await updates.MoveNextAsync().ConfigureAwait(false);
        WriteHeaders(context, exchange, more ? updates.Current.AdditionalProperties : null);
        exchange.IsStreaming = true;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        PipeWriter output = context.Response.BodyWriter;
        var chunks = new WireChunkWriter(request, id, time.GetUtcNow());
        while (more)
        {
            chunks.Write(output, updates.Current);
            ValueTask<bool> next = updates.MoveNextAsync();
            // What is ready goes out together; what must be waited for does not hold back what is there.
            if (!next.IsCompleted)
                await output.FlushAsync(gone).ConfigureAwait(false);
            more = await next.ConfigureAwait(false);
        }
        chunks.WriteEnd(output);
        await output.FlushAsync(gone).ConfigureAwait(false);
    }

    private static void WriteHeaders(HttpContext context, Exchange exchange, AdditionalPropertiesDictionary? properties)
    {
        exchange.Outcome = RefrainOutcome.Of(properties);
        exchange.Word = CacheOutcome.Of(exchange.Outcome);
        IHeaderDictionary headers = context.Response.Headers;
        headers[HeaderNames.Cache] = exchange.Word;
        if (!double.IsNaN(exchange.Outcome.Similarity))
            headers[HeaderNames.Similarity] = exchange.Outcome.Similarity.ToString("0.0000");
        if (exchange.Outcome.Reason is { } reason)
            headers[HeaderNames.Reason] = reason;
        if (exchange.Outcome.Kind == HitKind.None)
            return;
        headers[HeaderNames.Age] = exchange.Outcome.Age.TotalSeconds.ToString("0.###");
        headers[HeaderNames.Saved] = exchange.Outcome.Saved.ToString("0.##########");
    }

    private async Task FailAsync(HttpContext context, Exchange exchange, Exception failure)
    {
        (int status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter) = Failures.Describe(failure, handsKeyOn, time.GetUtcNow());
        exchange.Status = status;
        if (status == StatusCodes.Status500InternalServerError && failure is not ChatProviderException)
            LogFailure(logger, failure);
        // Chunks may lie in the buffer although nothing has gone out: from the first on, a failure is one more event.
        if (exchange.IsStreaming || context.Response.HasStarted)
        {
            WireChunkWriter.WriteFailure(context.Response.BodyWriter, body.Span);
            await context.Response.BodyWriter.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return;
        }
        context.Response.Clear();
        if (retryAfter is { } wait)
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("0");
        await Failures.SendAsync(context, status, body).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed in a way that is none of the upstream's nor of the caller's.")]
    private static partial void LogFailure(ILogger logger, Exception failure);

    /// <summary>What became of one request.</summary>
    private sealed class Exchange(TimeProvider time)
    {
        public long StartedAt { get; set; } = time.GetTimestamp();

        public WireRequest? Request { get; set; }

        public RefrainOutcome Outcome { get; set; } = RefrainOutcome.Of(properties: null);

        public string Word { get; set; } = CacheOutcome.None;

        public bool IsStreaming { get; set; }

        public int Status { get; set; } = StatusCodes.Status200OK;
    }
}
