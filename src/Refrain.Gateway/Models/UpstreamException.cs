using System.Net;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>The upstream failed, or refused. What it said about it is kept for the caller.</summary>
internal sealed class UpstreamException : ChatProviderException
{
    public UpstreamException(string message, HttpStatusCode statusCode, string? body = null, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, statusCode, retryAfter, inner) => Body = body;

    /// <summary>The upstream's own error object as JSON text, with the key blotted out; null if it sent none.</summary>
    public string? Body { get; }
}
