namespace Refrain.Gateway;

/// <summary>
/// A clock that jumps: whoever waits on it is woken at once, and the time it would have waited is added. A replay of ten thousand questions so
/// counts hours of a model's delays in seconds. Waits that overlap are added one after the other.
/// </summary>
internal sealed class VirtualTimeProvider : TimeProvider
{
    private readonly DateTimeOffset _start;
    private long _elapsedTicks;

    /// <param name="start">What the clock shows at first.</param>
    public VirtualTimeProvider(DateTimeOffset start) => _start = start;

    /// <summary>All waiting so far.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref _elapsedTicks));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    public override long GetTimestamp() => Interlocked.Read(ref _elapsedTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new JumpTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class JumpTimer(VirtualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private volatile bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
                return false;
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;
            Interlocked.Add(ref clock._elapsedTicks, dueTime.Ticks);
            // Not on this thread: the caller is still inside Task.Delay and has not kept the timer yet.
            ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: true);
            return true;
        }

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            _disposed = true;
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (!_disposed)
                callback(state);
        }
    }
}
