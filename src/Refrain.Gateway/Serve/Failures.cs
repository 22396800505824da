using System.Buffers;
using System.Net;
using System.Text;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>Turns failures into answers in OpenAI's shape.</summary>
internal static class Failures
{
    /// <summary>Answers with a status and a reason.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string message, string? code = null, string? param = null)
    {
        var body = new ArrayBufferWriter<byte>(256);
        WireErrorWriter.Write(body, message, WireErrorWriter.TypeOf(status), param, code);
        return SendAsync(context, status, body.WrittenMemory);
    }

    /// <summary>What the caller is told about a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="keyIsCallers">Whether the upstream was asked with the caller's own key, so that its refusal of the key is the caller's business.</param>
    /// <param name="now">The time, for what passes with it.</param>
    /// <returns>The status, the body as UTF-8 JSON, and how long to wait before trying again where that is known.</returns>
    public static (int Status, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter) Describe(Exception failure, bool keyIsCallers, DateTimeOffset now)
    {
        switch (failure)
        {
            case WireException wire:
                return (wire.Status, ErrorBody(wire.Message, wire.Status, wire.Param, wire.Code), null);
            case BadHttpRequestException bad:
                return (bad.StatusCode, ErrorBody(bad.Message, bad.StatusCode), null);
        }
        if (Find<BudgetExceededException>(failure) is { } over)
            return (StatusCodes.Status429TooManyRequests, ErrorBody(over.Message, StatusCodes.Status429TooManyRequests, code: "insufficient_quota"), over.ResetsAt - now);
        if (Find<UpstreamException>(failure) is { } upstream)
            return Describe(upstream, keyIsCallers);
        switch (failure)
        {
            case TimeoutException:
                return (StatusCodes.Status504GatewayTimeout, ErrorBody(failure.Message, StatusCodes.Status504GatewayTimeout), null);
            case ChatProviderException provider:
                int status = (int)(provider.StatusCode ?? HttpStatusCode.BadGateway);
                return (status, ErrorBody(provider.Message, status), provider.RetryAfter);
        }
        return (StatusCodes.Status500InternalServerError, ErrorBody("The gateway failed; its log says why.", StatusCodes.Status500InternalServerError), null);
    }

    /// <summary>Sends a body of JSON. It goes out when the request is done, so that whoever has the answer finds it counted.</summary>
    public static Task SendAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        context.Response.BodyWriter.Write(json.Span);
        return Task.CompletedTask;
    }

    private static (int Status, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter) Describe(UpstreamException upstream, bool keyIsCallers)
    {
        int status = (int)(upstream.StatusCode ?? HttpStatusCode.BadGateway);
        bool aboutKey = upstream.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
        if (aboutKey && !keyIsCallers)
            return (StatusCodes.Status502BadGateway, ErrorBody($"{upstream.Message} The key in {SettingNames.UpstreamApiKey} is not accepted there.", StatusCodes.Status502BadGateway), null);
        ReadOnlyMemory<byte> body = upstream.Body is { } told ? Encoding.UTF8.GetBytes($$"""{"error":{{told}}}""") : ErrorBody(upstream.Message, status);
        return (status, body, upstream.RetryAfter);
    }

    private static ReadOnlyMemory<byte> ErrorBody(string message, int status, string? param = null, string? code = null)
    {
        var body = new ArrayBufferWriter<byte>(256);
        WireErrorWriter.Write(body, message, WireErrorWriter.TypeOf(status), param, code);
        return body.WrittenMemory;
    }

    /// <summary>The failure of that kind, however often it was wrapped: a router tells of several.</summary>
    private static T? Find<T>(Exception? failure) where T : Exception
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is T found)
                return found;
            if (failure is AggregateException { InnerExceptions: { Count: > 0 } several } && several.Select(Find<T>).FirstOrDefault(e => e is not null) is { } among)
                return among;
        }
        return null;
    }
}
