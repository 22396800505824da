using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Refrain;

/// <summary>Failures of factories, remembered for a while where that was asked for, so that a provider that is down is not called for every request.</summary>
internal sealed class FailureMemo(TimeSpan timeToLive, MonotonicClock clock)
{
    /// <summary>Most failures remembered; beyond, all are forgotten, which costs a call each.</summary>
    private const int CountMax = 4_096;

    private readonly ConcurrentDictionary<FlightKey, (ExceptionDispatchInfo Failure, long EndTicks)> _failures = new();

    /// <summary>Throws the failure that this key met a short while ago.</summary>
    internal void ThrowIfKnown(FlightKey key)
    {
        if (timeToLive == TimeSpan.Zero || !_failures.TryGetValue(key, out (ExceptionDispatchInfo Failure, long EndTicks) known))
            return;
        if (clock.NowTicks < known.EndTicks)
            known.Failure.Throw();
        _failures.TryRemove(KeyValuePair.Create(key, known));
    }

    internal void Remember(FlightKey key, Exception failure)
    {
        if (timeToLive == TimeSpan.Zero || failure is OperationCanceledException)
            return;
        if (_failures.Count >= CountMax)
            _failures.Clear();
        _failures[key] = (ExceptionDispatchInfo.Capture(failure), clock.NowTicks + timeToLive.Ticks);
    }
}
