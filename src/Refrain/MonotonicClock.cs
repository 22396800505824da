namespace Refrain;

/// <summary>The time of day, read once and then carried on by the monotonic counter: whoever sets the machine's clock expires nothing and revives nothing.</summary>
/// <remarks>
/// Reading a clock can cost more than an exact hit, so a timer also notes the time once a second. Whether something ends soon is asked of the note first, and of
/// the clock only when the note cannot tell. Timers come late where all threads are busy: whoever reads the clock meanwhile notes the time instead.
/// </remarks>
internal sealed class MonotonicClock : IDisposable
{
    private static readonly TimeSpan NotePeriod = TimeSpan.FromSeconds(1);

    /// <summary>How far behind the note may be: a timer comes late where all threads are busy.</summary>
    private static readonly long NoteLagMaxTicks = TimeSpan.FromSeconds(5).Ticks;

    /// <summary>From when on a note is late.</summary>
    private static readonly long NoteLateTicks = 2 * NotePeriod.Ticks;

    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private readonly long _startTicks;
    private readonly ITimer _timer;
    private long _notedTicks;
    private volatile Action<long>? _work;
    private int _isWorking;

    internal MonotonicClock(TimeProvider time)
    {
        _time = time;
        _startTimestamp = time.GetTimestamp();
        _startTicks = time.GetUtcNow().UtcTicks;
        _notedTicks = _startTicks;
        _timer = time.CreateTimer(static state => ((MonotonicClock)state!).Note(), this, NotePeriod, NotePeriod);
    }

    internal TimeProvider Time => _time;

    /// <summary>When this clock was made, in ticks of UTC.</summary>
    internal long StartTicks => _startTicks;

    /// <summary>Now, in ticks of UTC.</summary>
    internal long NowTicks => NoteIfLate(_time.GetTimestamp());

    /// <summary>Whether a moment is still to come.</summary>
    internal bool IsBefore(long ticks) => ticks - Volatile.Read(ref _notedTicks) > NoteLagMaxTicks || NowTicks < ticks;

    /// <summary>Begins to time a lookup.</summary>
    /// <param name="weight">How many lookups it stands for.</param>
    internal LookupStart Start(int weight = 1)
    {
        long timestamp = _time.GetTimestamp();
        NoteIfLate(timestamp);
        return new LookupStart(timestamp, weight);
    }

    /// <summary>Has something done whenever the time is noted, never twice at once.</summary>
    /// <param name="work">Is told <see cref="NowTicks"/>.</param>
    internal void OnNote(Action<long> work) => _work = work;

    public void Dispose() => _timer.Dispose();

    /// <summary>The same time, but the time of day only as it was last noted.</summary>
    internal TimeProvider Noted => new NotedTime(this);

    /// <returns>The time in ticks of UTC.</returns>
    private long NoteIfLate(long timestamp)
    {
        long now = _startTicks + _time.GetElapsedTime(_startTimestamp, timestamp).Ticks;

        // Not each time: the note lies where every hit reads it.
        if (now - Volatile.Read(ref _notedTicks) > NoteLateTicks)
            Volatile.Write(ref _notedTicks, now);
        return now;
    }

    private void Note()
    {
        long now = NowTicks;
        Volatile.Write(ref _notedTicks, now);
        if (_work is not { } work || Interlocked.Exchange(ref _isWorking, 1) != 0)
            return;
        work(now);
        Volatile.Write(ref _isWorking, 0);
    }

    private sealed class NotedTime(MonotonicClock clock) : TimeProvider
    {
        public override long TimestampFrequency => clock._time.TimestampFrequency;

        public override TimeZoneInfo LocalTimeZone => clock._time.LocalTimeZone;

        public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref clock._notedTicks), TimeSpan.Zero);

        public override long GetTimestamp() => clock._time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock._time.CreateTimer(callback, state, dueTime, period);
    }
}
