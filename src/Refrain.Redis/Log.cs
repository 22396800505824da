using Microsoft.Extensions.Logging;

namespace Refrain.Redis;

/// <summary>What the person on call is told: once when it begins, once when it ends.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Redis ({Connection}) serves: {ShardCount} shards, {EpochCount} epochs.")]
    public static partial void Attached(ILogger logger, string connection, int shardCount, int epochCount);

    [LoggerMessage(2, LogLevel.Warning, "Redis ({Connection}) does not answer; going on without it and asking again. Local tiers serve.")]
    public static partial void Away(ILogger logger, Exception? exception, string connection);

    [LoggerMessage(3, LogLevel.Warning, "Redis ({Connection}) has been emptied. Its seed and the epochs known here were given back.")]
    public static partial void Emptied(ILogger logger, string connection);

    [LoggerMessage(4, LogLevel.Warning, "Redis ({Connection}) has another seed than before: what was made under the old one is not used any more.")]
    public static partial void Reseeded(ILogger logger, string connection);

    [LoggerMessage(5, LogLevel.Error, "A reply of Redis ({Connection}) was not what stands at the key asked for. Dropped; connecting anew.")]
    public static partial void Foreign(ILogger logger, string connection);

    [LoggerMessage(6, LogLevel.Warning, "Redis ({Connection}) is full and refuses writes; reads go on. Give it memory or an eviction policy of the volatile kind.")]
    public static partial void Full(ILogger logger, string connection);

    [LoggerMessage(7, LogLevel.Warning, "Redis ({Connection}) refused a command: {Message}")]
    public static partial void Refused(ILogger logger, string connection, string message);

    [LoggerMessage(8, LogLevel.Warning, "The eviction policy of Redis is {Policy}: it may evict the store's identity and epochs. Use volatile-lru, volatile-lfu, volatile-ttl or noeviction.")]
    public static partial void EvictionPolicy(ILogger logger, string policy);

    [LoggerMessage(9, LogLevel.Information, "Following the changes of Redis by asking every {Interval}: subscribing was refused.")]
    public static partial void NotSubscribed(ILogger logger, Exception exception, TimeSpan interval);

    [LoggerMessage(10, LogLevel.Warning, "Reading the changes of Redis failed; trying again.")]
    public static partial void FollowingFailed(ILogger logger, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "Redis ({Connection}) cannot be used as it is; asking again.")]
    public static partial void Unusable(ILogger logger, Exception exception, string connection);

    [LoggerMessage(12, LogLevel.Warning, "Connecting to Redis ({Connection}) failed; trying again.")]
    public static partial void NotConnected(ILogger logger, Exception exception, string connection);

    [LoggerMessage(13, LogLevel.Warning, "Another program has written to {Key} in Redis ({Connection}). It was replaced; later ones are only counted. Give Refrain a key prefix of its own.")]
    public static partial void Replaced(ILogger logger, string connection, string key);
}
