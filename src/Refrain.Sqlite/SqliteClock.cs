namespace Refrain.Sqlite;

/// <summary>The time of day, carried on by the monotonic counter: a clock that is set forward while the store is open expires nothing.</summary>
internal sealed class SqliteClock(TimeProvider time)
{
    private readonly long _startTimestamp = time.GetTimestamp();
    private readonly long _startTicks = time.GetUtcNow().UtcTicks;

    internal long NowTicks => _startTicks + time.GetElapsedTime(_startTimestamp).Ticks;
}
