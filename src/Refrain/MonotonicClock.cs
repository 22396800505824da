namespace Refrain;

/// <summary>The time of day, read once and then carried on by the monotonic counter: whoever sets the machine's clock expires nothing and revives nothing.</summary>
internal sealed class MonotonicClock
{
    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private readonly long _startTicks;

    internal MonotonicClock(TimeProvider time)
    {
        _time = time;
        _startTimestamp = time.GetTimestamp();
        _startTicks = time.GetUtcNow().UtcTicks;
    }

    internal TimeProvider Time => _time;

    /// <summary>Now, in ticks of UTC.</summary>
    internal long NowTicks => _startTicks + _time.GetElapsedTime(_startTimestamp).Ticks;

    internal DateTimeOffset Now => new(NowTicks, TimeSpan.Zero);
}
