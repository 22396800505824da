namespace Refrain.Embeddings;

/// <summary>
/// Keeps a rate ahead of time: a bucket that fills evenly and holds a tenth of a minute's worth. Who takes more than there is waits until the debt is
/// paid, first come, first served.
/// </summary>
internal sealed class RateBudget
{
    private const double BurstShare = 0.1;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly double _perSecond;
    private readonly double _capacity;
    private double _available;
    private long _filledAt;

    internal RateBudget(int perMinute, TimeProvider time)
    {
        _time = time;
        _perSecond = perMinute / 60.0;
        _capacity = Math.Max(1, perMinute * BurstShare);
        _available = _capacity;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>Takes an amount, and waits where it was not there yet.</summary>
    internal async Task TakeAsync(double amount, CancellationToken cancellation)
    {
        TimeSpan wait = Reserve(amount);
        if (wait <= TimeSpan.Zero) return;
        try
        {
            await Task.Delay(wait, _time, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Correct(-amount);
            throw;
        }
    }

    /// <summary>Takes more, or gives back: what was taken was an estimate.</summary>
    internal void Correct(double more)
    {
        lock (_lock)
        {
            Fill();
            _available = Math.Min(_capacity, _available - more);
        }
    }

    private TimeSpan Reserve(double amount)
    {
        lock (_lock)
        {
            Fill();
            _available -= amount;
            return _available >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_available / _perSecond);
        }
    }

    private void Fill()
    {
        long now = _time.GetTimestamp();
        _available = Math.Min(_capacity, _available + (_time.GetElapsedTime(_filledAt, now).TotalSeconds * _perSecond));
        _filledAt = now;
    }
}
