using System.Threading.Tasks.Sources;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>
/// One who follows a flight, from its first chunk on. Waits again and again without allocating, and without a state machine of its own: a thousand readers
/// are woken for each chunk.
/// </summary>
/// <param name="flight">The flight that is followed.</param>
/// <param name="cancellation">Ends the wait of this reader alone.</param>
internal sealed class FlightReader(AnswerFlight flight, CancellationToken cancellation) : IValueTaskSource<bool>, IDisposable
{
    private CancellationTokenRegistration _registration;
    private ManualResetValueTaskSourceCore<bool> _source;
    private int _next;
    private int _isWaiting;
    private bool _isRegistered;

    /// <summary>The chunk that <see cref="MoveNextAsync"/> has moved to: a copy of the reader's own.</summary>
    public ChatResponseUpdate Current { get; private set; } = null!;

    /// <summary>Moves to the next chunk; false at the end.</summary>
    public ValueTask<bool> MoveNextAsync()
    {
        if (flight.TryGet(_next, this, out ChatResponseUpdate? update)) return new(Take(update));

        // A cancellation that came before the reader was armed found nobody waiting.
        if (!_isRegistered) Register();
        if (cancellation.IsCancellationRequested) Cancel();
        return new ValueTask<bool>(this, _source.Version);
    }

    /// <summary>Begins to wait. The flight calls this under its lock, before it puts the reader on its list.</summary>
    public void Arm()
    {
        _source.Reset();
        Volatile.Write(ref _isWaiting, 1);
    }

    /// <summary>The flight has more to say. What follows in the reader runs on this thread. Only the first of this and a cancellation counts.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1) _source.SetResult(true);
    }

    public void Dispose() => _registration.Dispose();

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _source.GetResult(token);
        return Take(flight.Get(_next));
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private bool Take(ChatResponseUpdate? update)
    {
        if (update is null) return false;
        Current = AnswerCopy.Of(update);
        _next++;
        return true;
    }

    private void Register()
    {
        _isRegistered = true;

        // What follows in the reader is not the business of whoever cancels.
        _registration = cancellation.UnsafeRegister(
            static reader => ThreadPool.UnsafeQueueUserWorkItem(static reader => reader.Cancel(), (FlightReader)reader!, preferLocal: false), this);
    }

    private void Cancel()
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1) _source.SetException(new OperationCanceledException(cancellation));
    }
}
