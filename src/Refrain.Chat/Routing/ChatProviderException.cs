using System.Net;

namespace Refrain.Chat;

/// <summary>How a provider's client tells a router what went wrong, when it knows more than an <see cref="HttpRequestException"/> can say.</summary>
public class ChatProviderException : Exception
{
    /// <summary>A failure without details.</summary>
    public ChatProviderException()
    {
    }

    /// <summary>A failure with a message.</summary>
    public ChatProviderException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with a message and a cause.</summary>
    public ChatProviderException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A failure that HTTP has a word for.</summary>
    /// <param name="message">For the person on call. No keys, no prompts.</param>
    /// <param name="statusCode">What the provider answered, or null if it did not.</param>
    /// <param name="retryAfter">How long the provider asks to be left alone, or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ChatProviderException(string message, HttpStatusCode? statusCode, TimeSpan? retryAfter = null, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
        RetryAfter = retryAfter;
    }

    /// <summary>What the provider answered, or null if it did not.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>How long the provider asks to be left alone, or null.</summary>
    public TimeSpan? RetryAfter { get; }
}
