using System.Net;

namespace Refrain.Gateway;

/// <summary>The upstream failed, or refused. What it said about it is kept for the caller.</summary>
internal sealed class UpstreamException : HttpRequestException
{
    public UpstreamException(string message, HttpStatusCode? statusCode = null, string? body = null, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner, statusCode)
    {
        Body = body;
        RetryAfter = retryAfter;
    }

    /// <summary>The upstream's own error object as JSON text, with the key blotted out; null if it sent none.</summary>
    public string? Body { get; }

    /// <summary>How long the upstream asks to be left alone, or null.</summary>
    public TimeSpan? RetryAfter { get; }
}
