namespace Refrain;

/// <summary>A durable store that other processes write to as well, and that tells what they changed.</summary>
public interface IChangeFeed
{
    /// <summary>
    /// What changes in the store. It begins with <see cref="StoreChangeKind.Missed"/> as soon as everything from then on will be told, outlives lost connections,
    /// and ends only when cancelled. The last word about a key is the truth. This process's own writes may be left out.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IAsyncEnumerable<StoreChange> WatchAsync(CancellationToken cancellationToken = default);
}
