namespace Refrain;

/// <summary>
/// The leave to make an answer that several processes may want: from <see cref="SemanticCacheFlights.BeginFlightAsync"/>. Dispose it when the answer was stored, or will not be.
/// </summary>
public sealed class CacheFlight : IDisposable
{
    private readonly Func<Task>? _end;
    private int _isEnded;

    internal CacheFlight(CacheResult result = default, Func<Task>? end = null)
    {
        Result = result;
        _end = end;
    }

    /// <summary>The answer, where another process has made it meanwhile: then none has to be made. Otherwise no hit.</summary>
    public CacheResult Result { get; }

    /// <summary>The leave of a process that asks no other.</summary>
    internal static CacheFlight Alone { get; } = new();

    /// <summary>Lets the others go on. What was stored reaches the store first; the caller does not wait for that.</summary>
    public void Dispose()
    {
        if (_end is not null && Interlocked.Exchange(ref _isEnded, 1) == 0)
            _ = _end();
    }
}
