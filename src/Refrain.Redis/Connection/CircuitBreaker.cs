namespace Refrain.Redis;

/// <summary>Counts failures in a row, and refuses calls from a number of them on until somebody who asked in the background closes it again.</summary>
internal sealed class CircuitBreaker(int failureCount)
{
    private int _failures;

    /// <summary>Whether calls are refused.</summary>
    public bool IsOpen => Volatile.Read(ref _failures) >= failureCount;

    /// <summary>A call was answered. An open breaker stays open: the answer may be one from before.</summary>
    public void Succeeded()
    {
        // Read first: every hit passes here, and a write would move the cache line between processors.
        int failures = Volatile.Read(ref _failures);
        if (failures != 0 && failures < failureCount) Interlocked.CompareExchange(ref _failures, 0, failures);
    }

    /// <summary>A call was not answered.</summary>
    /// <returns>True for the one that opened it.</returns>
    public bool Failed()
    {
        int failures = Volatile.Read(ref _failures);
        return failures < failureCount && Interlocked.Increment(ref _failures) == failureCount;
    }

    /// <summary>Refuses calls from now on.</summary>
    public void Open() => Volatile.Write(ref _failures, failureCount);

    /// <summary>Lets calls through again.</summary>
    public void Close() => Volatile.Write(ref _failures, 0);
}
