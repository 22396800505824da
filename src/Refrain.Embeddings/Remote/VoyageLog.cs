using Microsoft.Extensions.Logging;

namespace Refrain.Embeddings;

/// <summary>What is logged about Voyage AI: never a text, never the key.</summary>
internal static partial class VoyageLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Voyage AI said {Status}; waiting {Milliseconds:0} ms before attempt {Attempt}")]
    internal static partial void Retry(ILogger logger, int status, double milliseconds, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to Voyage AI broke ({Error}); waiting {Milliseconds:0} ms before attempt {Attempt}")]
    internal static partial void Broken(ILogger logger, HttpRequestError error, double milliseconds, int attempt);
}
