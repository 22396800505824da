using System.Numerics;

namespace Refrain.Chat;

/// <summary>What a router remembers of a route: its breaker, its latency, its calls under way.</summary>
internal sealed class RouteState(ChatRoute route, ChatRouterOptions options)
{
    private const int HistoryLength = 32;
    private const int HistoryEnough = 10;
    private const int FailureShare = 5;
    private const int PauseDoublingsMax = 3;
    private const double LatencyWeight = 0.2;

    private readonly Lock _lock = new();
    private uint _failed;
    private int _seen;
    private int _inARow;
    private int _pauses;
    private bool _open;
    private bool _probing;
    private DateTimeOffset _returnsAt;
    private DateTimeOffset _leftAloneUntil = DateTimeOffset.MinValue;
    private double _latencySeconds;
    private long _successes;
    private long _failures;
    private int _inFlight;

    public ChatRoute Route { get; } = route;

    /// <summary>Average seconds to an answer; 0 before the first.</summary>
    public double LatencySeconds { get { lock (_lock) return _latencySeconds; } }

    /// <summary>Whether a request should be sent here now.</summary>
    public bool IsAvailable
    {
        get
        {
            lock (_lock) return IsAvailableNow();
        }
    }

    /// <summary>Begins a call.</summary>
    /// <param name="anyway">Also while the breaker is open: nothing else is left to try. A provider's own Retry-After still counts.</param>
    /// <param name="isProbe">Whether the call finds out if the route is back: only its end may close the breaker.</param>
    /// <returns>False if the route is busy or resting.</returns>
    public bool TryBegin(bool anyway, out bool isProbe)
    {
        isProbe = false;
        lock (_lock)
        {
            if (Route.ConcurrentMax is { } most && _inFlight >= most) return false;
            if (anyway ? options.TimeProvider.GetUtcNow() < _leftAloneUntil : !IsAvailableNow()) return false;
            isProbe = _open;
            _probing |= isProbe;
            _inFlight++;
            return true;
        }
    }

    /// <summary>Ends a call that was answered.</summary>
    public void Succeed(TimeSpan latency, bool isProbe)
    {
        lock (_lock)
        {
            _successes++;
            _latencySeconds = _latencySeconds == 0 ? latency.TotalSeconds : (_latencySeconds * (1 - LatencyWeight)) + (latency.TotalSeconds * LatencyWeight);

            // What was sent before the breaker opened says nothing of the route since then.
            if (_open && !isProbe) return;
            Remember(failure: false);
            _inARow = 0;
            _pauses = 0;
            _open = false;
        }
    }

    /// <summary>Notes a failure of the route.</summary>
    public void Fail(ProviderFailure failure, bool isProbe)
    {
        lock (_lock)
        {
            _failures++;
            DateTimeOffset now = options.TimeProvider.GetUtcNow();
            if (!_open || isProbe) NoteFailure(failure, now);
            if (failure.RetryAfter is not { } after || after <= TimeSpan.Zero) return;
            _leftAloneUntil = now + (after < options.RetryAfterMax ? after : options.RetryAfterMax);
            Rest(_leftAloneUntil);
        }
    }

    /// <summary>Ends a call, whatever came of it.</summary>
    public void End(bool isProbe)
    {
        lock (_lock)
        {
            _inFlight--;
            if (isProbe) _probing = false;
        }
    }

    private void NoteFailure(ProviderFailure failure, DateTimeOffset now)
    {
        Remember(failure: true);
        _inARow++;
        bool often = _seen >= HistoryEnough && BitOperations.PopCount(_failed) * FailureShare >= _seen;
        if (!_open && _inARow < options.BreakerFailures && !often && failure.Kind != FailureKind.Route) return;
        Rest(now + (options.BreakerPause * (1 << Math.Min(_pauses, PauseDoublingsMax))));
        _pauses++;
    }

    public RouteHealth GetHealth()
    {
        lock (_lock)
        {
            bool available = IsAvailableNow();
            return new RouteHealth(Route.Name, available, available ? null : _returnsAt, _successes, _failures, TimeSpan.FromSeconds(_latencySeconds), _inFlight);
        }
    }

    private bool IsAvailableNow() => !_open || (!_probing && options.TimeProvider.GetUtcNow() >= _returnsAt);

    private void Rest(DateTimeOffset until)
    {
        if (!_open || until > _returnsAt) _returnsAt = until;
        _open = true;

        // What opened the breaker must not open it again after a successful probe.
        _failed = 0;
        _seen = 0;
    }

    private void Remember(bool failure)
    {
        _failed = (_failed << 1) | (failure ? 1u : 0u);
        _seen = Math.Min(_seen + 1, HistoryLength);
    }
}
