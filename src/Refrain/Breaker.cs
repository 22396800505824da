namespace Refrain;

/// <summary>Stops asking a tier that keeps failing, lets one call through now and then, and opens the way again at its first success.</summary>
internal sealed class Breaker
{
    private readonly TimeProvider _time;
    private readonly int _failuresMax;
    private readonly TimeSpan _firstPause;
    private readonly TimeSpan _longestPause;
    private readonly Lock _changing = new();
    private int _failures;
    private long _pausedAt;
    private TimeSpan _pause;

    internal Breaker(TimeProvider time, int failuresMax, TimeSpan firstPause, TimeSpan longestPause)
    {
        _time = time;
        _failuresMax = failuresMax;
        _firstPause = firstPause;
        _longestPause = longestPause;
        _pause = firstPause;
    }

    /// <summary>Whether calls are being kept away.</summary>
    internal bool IsOpen => Volatile.Read(ref _failures) >= _failuresMax;

    /// <summary>Whether the call may be made. While open, only one call per pause may.</summary>
    internal bool TryEnter()
    {
        if (!IsOpen)
            return true;
        lock (_changing)
        {
            if (_time.GetElapsedTime(_pausedAt) < _pause)
                return false;
            _pausedAt = _time.GetTimestamp();
            return true;
        }
    }

    /// <returns>Whether this ends an outage.</returns>
    internal bool Succeeded()
    {
        if (Volatile.Read(ref _failures) == 0)
            return false;
        lock (_changing)
        {
            bool ended = _failures > 0;
            _failures = 0;
            _pause = _firstPause;
            return ended;
        }
    }

    /// <returns>Whether this is the first failure of an outage, and so the one to log.</returns>
    internal bool Failed()
    {
        lock (_changing)
        {
            bool first = _failures++ == 0;
            if (_failures > _failuresMax)
                _pause = _pause + _pause < _longestPause ? _pause + _pause : _longestPause;
            _pausedAt = _time.GetTimestamp();
            return first;
        }
    }
}
