namespace Refrain.Chat;

/// <summary>Keeps retries, fallbacks and hedges a small share of all calls, so that a router never makes an outage worse.</summary>
internal sealed class ExtraCalls(double ratio, int burst)
{
    private readonly Lock _lock = new();
    private double _saved = burst;

    /// <summary>A first call earns a share of an extra one.</summary>
    public void Earn()
    {
        lock (_lock) _saved = Math.Min(Math.Max(burst, 1), _saved + ratio);
    }

    /// <summary>Takes one extra call, if there is one.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            // The sum of many fifths is a little less than a whole.
            if (_saved < 1 - 1e-9) return false;
            _saved = Math.Max(0, _saved - 1);
            return true;
        }
    }
}
