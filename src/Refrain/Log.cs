using Microsoft.Extensions.Logging;

namespace Refrain;

/// <summary>What the cache says to the person on call. Never a prompt, an answer or a key.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Cache {Cache}: durable store {Store} failed at {Operation}; lookups go on without it, writes wait. Later failures of this outage are only counted.")]
    internal static partial void DurableFailed(ILogger logger, Exception exception, string cache, string store, string operation);

    [LoggerMessage(2, LogLevel.Information, "Cache {Cache}: durable store {Store} answers again.")]
    internal static partial void DurableBack(ILogger logger, string cache, string store);

    [LoggerMessage(3, LogLevel.Warning, "Cache {Cache}: the embedder failed; lookups are exact only meanwhile. Later failures of this outage are only counted.")]
    internal static partial void EmbedderFailed(ILogger logger, Exception exception, string cache);

    [LoggerMessage(4, LogLevel.Information, "Cache {Cache}: the embedder answers again.")]
    internal static partial void EmbedderBack(ILogger logger, string cache);

    [LoggerMessage(5, LogLevel.Warning, "Cache {Cache}: the semantic index failed at {Operation}; that lookup was a miss. Later failures are only counted.")]
    internal static partial void IndexFailed(ILogger logger, Exception exception, string cache, string operation);

    [LoggerMessage(6, LogLevel.Warning, "Cache {Cache}: durable store {Store} returned an entry that is damaged, of another version, or not the one asked for; it was not served. Later ones are only counted.")]
    internal static partial void EntryRejected(ILogger logger, string cache, string store);

    [LoggerMessage(7, LogLevel.Warning, "Cache {Cache}: more than {BytesMax} bytes wait to be written to durable store {Store}; the oldest are dropped. Later drops are only counted.")]
    internal static partial void WritesDropped(ILogger logger, string cache, string store, long bytesMax);

    [LoggerMessage(8, LogLevel.Information, "Cache {Cache}: the index was reconciled with durable store {Store}: {Added} vectors added, {Removed} removed.")]
    internal static partial void Reconciled(ILogger logger, string cache, string store, int added, int removed);

    [LoggerMessage(9, LogLevel.Information, "Cache {Cache} is open: durable store {Store}, embedding space {Space} with threshold {Threshold}.")]
    internal static partial void Opened(ILogger logger, string cache, string store, string space, float threshold);

    [LoggerMessage(10, LogLevel.Warning, "Cache {Cache}: the index file was set aside ({Reason}); it is rebuilt from the store.")]
    internal static partial void IndexSetAside(ILogger logger, string cache, string reason);

    [LoggerMessage(11, LogLevel.Warning, "Cache {Cache}: durable store {Store} gave no seed yet; until it does, the cache works in memory only.")]
    internal static partial void Detached(ILogger logger, string cache, string store);

    [LoggerMessage(12, LogLevel.Warning, "Cache {Cache}: the index file cannot be used ({Reason}); the index is kept in memory and rebuilt at every start.")]
    internal static partial void IndexInMemory(ILogger logger, string cache, string reason);

    [LoggerMessage(13, LogLevel.Warning, "Cache {Cache}: the index holds {Count} vectors and took no more; new answers are found exactly only. Later refusals are only counted.")]
    internal static partial void IndexFull(ILogger logger, string cache, int count);

    [LoggerMessage(14, LogLevel.Information, "Cache {Cache}: durable store {Store} was emptied; {Count} entries were given back to it.")]
    internal static partial void Refilled(ILogger logger, string cache, string store, int count);
}
