namespace Refrain;

/// <summary>A durable store that other processes write to as well, and that tells what they changed.</summary>
public interface IChangeFeed
{
    /// <summary>
    /// What changes in the store from the first step of the enumeration on, this process's own writes included; the last word about a key is the truth.
    /// It outlives lost connections and ends only when cancelled. At most one enumeration at a time.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IAsyncEnumerable<StoreChange> WatchAsync(CancellationToken cancellationToken = default);
}
