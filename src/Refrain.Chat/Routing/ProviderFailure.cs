using System.Globalization;
using System.Net;

namespace Refrain.Chat;

/// <summary>What a router makes of an exception.</summary>
/// <param name="Kind">Whom it is about.</param>
/// <param name="RetryAfter">How long the route asks to be left alone, or null.</param>
public readonly record struct ProviderFailure(FailureKind Kind, TimeSpan? RetryAfter = null)
{
    private static readonly string[] StatusStarts = ["HTTP ", "Status: "];

    /// <summary>The usual reading of an exception.</summary>
    /// <param name="exception">What a provider's client threw, or a time-out of the router.</param>
    /// <returns>Exceptions that nobody knows are about the moment: another route may still answer.</returns>
    public static ProviderFailure Of(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            ChatProviderException { StatusCode: { } status } known => Of(status, known.RetryAfter),
            HttpRequestException { StatusCode: { } status } => Of(status, null),
            ArgumentException or NotSupportedException or BudgetExceededException => new ProviderFailure(FailureKind.Request),
            _ when StatusInMessage(exception) is { } status => Of(status, null),
            _ => new ProviderFailure(FailureKind.Transient),
        };
    }

    private static ProviderFailure Of(HttpStatusCode status, TimeSpan? retryAfter) => new(
        (int)status switch
        {
            401 or 402 or 403 or 404 or 405 or 410 => FailureKind.Route,
            408 or 409 or 425 or 429 or >= 500 => FailureKind.Transient,
            >= 400 => FailureKind.Request,
            _ => FailureKind.Transient,
        },
        retryAfter);

    /// <summary>
    /// The clients that are generated over System.ClientModel write "HTTP 429 (…" or, where the body says nothing, "Status: 429 (…" into their message.
    /// Their exception's type is not known here.
    /// </summary>
    private static HttpStatusCode? StatusInMessage(Exception exception)
    {
        if (exception.GetType().Name != "ClientResultException") return null;
        foreach (string start in StatusStarts)
        {
            int at = exception.Message.IndexOf(start, StringComparison.Ordinal);
            if (at >= 0 && exception.Message.Length >= at + start.Length + 3
                && int.TryParse(exception.Message.AsSpan(at + start.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status))
                return (HttpStatusCode)status;
        }

        return null;
    }
}
