using System.Threading.Tasks.Sources;

namespace Refrain.Chat;

/// <summary>One who follows a flight. Waits again and again without allocating: a thousand readers are woken for each chunk.</summary>
internal sealed class FlightReader : IValueTaskSource, IDisposable
{
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _isWaiting;

    public FlightReader(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _registration = cancellation.UnsafeRegister(static reader => ((FlightReader)reader!).Cancel(), this);
    }

    /// <summary>Begins to wait. The flight calls this under its lock, before it puts the reader on its list.</summary>
    public void Arm()
    {
        _source.Reset();
        Volatile.Write(ref _isWaiting, 1);
    }

    /// <summary>Until the flight has more to say.</summary>
    public ValueTask WaitAsync()
    {
        // A cancellation that came before the reader was armed found nobody waiting.
        if (_cancellation.IsCancellationRequested) Cancel();
        return new ValueTask(this, _source.Version);
    }

    /// <summary>The flight has more to say. Only the first of this and a cancellation counts.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1) _source.SetResult(true);
    }

    public void Dispose() => _registration.Dispose();

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1) _source.SetException(new OperationCanceledException(_cancellation));
    }
}
