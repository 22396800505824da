namespace Refrain;

/// <summary>A durable store over which processes agree who of them makes an answer that several want.</summary>
/// <remarks>A lease that its holder does not extend ends by itself. What is written under a lease carries its number, <see cref="StoredEntry.Fence"/>.</remarks>
public interface IFlightLeases
{
    /// <summary>Takes the lease of a key, if nobody holds it.</summary>
    /// <param name="key">Address of the answer that is to be made.</param>
    /// <param name="duration">How long it lasts unless it is extended; at least a millisecond.</param>
    /// <param name="cancellationToken">Ends the waiting; the lease may then have been taken, and ends by itself.</param>
    /// <returns>The lease's number, greater than any that the store remembers for this key; 0 while another holds it.</returns>
    ValueTask<long> TryTakeLeaseAsync(CacheKey key, TimeSpan duration, CancellationToken cancellationToken = default);

    /// <summary>Makes a lease last from now on.</summary>
    /// <returns>False if it has ended and another was given since.</returns>
    ValueTask<bool> ExtendLeaseAsync(CacheKey key, long fence, TimeSpan duration, CancellationToken cancellationToken = default);

    /// <summary>Ends a lease, if it is still the last that was given.</summary>
    ValueTask EndLeaseAsync(CacheKey key, long fence, CancellationToken cancellationToken = default);
}
