using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>Redis cannot be asked, or did not answer in time. Nothing is known about what it holds; a write that failed so may have happened.</summary>
public sealed class RedisStoreUnavailableException : Exception
{
    /// <summary>Without a message of its own.</summary>
    public RedisStoreUnavailableException()
        : base("Redis is not available.")
    {
    }

    /// <param name="message">What was asked and what happened.</param>
    public RedisStoreUnavailableException(string message)
        : base(message)
    {
    }

    /// <param name="message">What was asked and what happened.</param>
    /// <param name="innerException">What StackExchange.Redis said.</param>
    public RedisStoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether Redis is full and takes nothing new.</summary>
    internal bool IsFull => InnerException is RedisServerException && InnerException.Message.Contains("OOM", StringComparison.Ordinal);

    /// <summary>Whether what stands at a key is of another kind than the command is for: another program has put it there. Redis itself is well.</summary>
    internal bool IsOfWrongType => InnerException is RedisServerException && InnerException.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal);
}
