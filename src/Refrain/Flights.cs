using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Refrain;

/// <summary>One call for a key, however many wait. When the caller who makes it leaves or fails, one of those who wait takes over.</summary>
internal sealed class Flights<TKey, TValue>
    where TKey : notnull
{
    /// <summary>How many failed calls a waiter sits through before it is given the failure.</summary>
    private const int FailuresMax = 2;

    private readonly ConcurrentDictionary<TKey, TaskCompletionSource<Landing>> _inAir = new();

    /// <summary>Makes the call, or waits for whoever makes it.</summary>
    /// <param name="key">What the call is for.</param>
    /// <param name="work">The call. Its token is cancelled with <paramref name="cancellation"/>.</param>
    /// <param name="cancellation">Honoured at once, also where the work ignores it.</param>
    /// <returns>The value, and whether another caller's work made it.</returns>
    internal async ValueTask<(TValue Value, bool IsShared)> FlyAsync(TKey key, Func<CancellationToken, ValueTask<TValue>> work, CancellationToken cancellation)
    {
        int failures = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var mine = new TaskCompletionSource<Landing>(TaskCreationOptions.RunContinuationsAsynchronously);
            TaskCompletionSource<Landing> flight = _inAir.GetOrAdd(key, mine);
            bool isLeader = flight == mine;
            if (isLeader)
                _ = LeadAsync(key, mine, work, cancellation);
            Landing landing = await flight.Task.WaitAsync(cancellation).ConfigureAwait(false);
            if (landing.Failure is null)
                return (landing.Value!, !isLeader);
            if (isLeader || (!landing.WasCancelled && ++failures >= FailuresMax))
                landing.Failure.Throw();
        }
    }

    private async Task LeadAsync(TKey key, TaskCompletionSource<Landing> flight, Func<CancellationToken, ValueTask<TValue>> work, CancellationToken cancellation)
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
        flight.SetResult(landing);
    }

    private readonly record struct Landing(TValue? Value, ExceptionDispatchInfo? Failure, bool WasCancelled);
}
