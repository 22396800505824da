using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Refrain;

/// <summary>One call for a key, however many wait. When the caller who makes it leaves or fails, one of those who wait takes over.</summary>
internal sealed class Flights<TKey, TValue>
    where TKey : notnull
{
    /// <summary>How many failed calls a waiter sits through before it is given the failure.</summary>
    private const int FailuresMax = 2;

    private readonly ConcurrentDictionary<TKey, Flight> _inAir = new();

    /// <summary>Makes the call, or waits for whoever makes it.</summary>
    /// <param name="key">What the call is for.</param>
    /// <param name="work">The call. Its token is cancelled with <paramref name="cancellation"/>.</param>
    /// <param name="cancellation">Honoured at once, also where the work ignores it.</param>
    /// <returns>The value, and whether another caller's work made it.</returns>
    internal async ValueTask<(TValue Value, bool IsShared)> FlyAsync(TKey key, Func<CancellationToken, ValueTask<TValue>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int failures = 0;
        Flight flight = Join(key, new Flight(), out bool isLeader);
        while (true)
        {
            if (isLeader)
                _ = LeadAsync(key, flight, work, cancellation);
            Landing landing = await flight.Landed.Task.WaitAsync(cancellation).ConfigureAwait(false);
            if (landing.Failure is null)
                return (landing.Value!, !isLeader);
            if (isLeader || (!landing.WasCancelled && ++failures >= FailuresMax))
                landing.Failure.Throw();
            flight = Succeed(key, flight, out isLeader);
        }
    }

    private Flight Join(TKey key, Flight mine, out bool isLeader)
    {
        Flight flight = _inAir.GetOrAdd(key, mine);
        isLeader = flight == mine;
        return flight;
    }

    /// <summary>The flight after one that failed: the same for all who waited, so that one of them makes the next call and the others wait again.</summary>
    private Flight Succeed(TKey key, Flight failed, out bool isLeader)
    {
        isLeader = false;
        var mine = new Flight();
        if (Interlocked.CompareExchange(ref failed.Next, mine, null) is { } next)
            return next;
        Flight joined = Join(key, mine, out isLeader);
        if (!isLeader)
            _ = ForwardAsync(joined, mine);
        return mine;
    }

    /// <summary>A newcomer was quicker than all who waited: its landing is theirs.</summary>
    private static async Task ForwardAsync(Flight from, Flight to) => to.Landed.SetResult(await from.Landed.Task.ConfigureAwait(false));

    private async Task LeadAsync(TKey key, Flight flight, Func<CancellationToken, ValueTask<TValue>> work, CancellationToken cancellation)
    {
        Landing landing;
        try
        {
            landing = new Landing(await work(cancellation).ConfigureAwait(false), null, false);
        }
#pragma warning disable CA1031 // Kept for those who wait, and thrown there.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            landing = new Landing(default, ExceptionDispatchInfo.Capture(exception), exception is OperationCanceledException && cancellation.IsCancellationRequested);
        }

        // Out of the air before it lands: whoever comes now starts anew, and nobody joins a flight that is over.
        _inAir.TryRemove(KeyValuePair.Create(key, flight));
        flight.Landed.SetResult(landing);
    }

    private sealed class Flight
    {
        /// <summary>Who comes after this flight, if it fails. Set once.</summary>
        internal Flight? Next;

        internal TaskCompletionSource<Landing> Landed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly record struct Landing(TValue? Value, ExceptionDispatchInfo? Failure, bool WasCancelled);
}
