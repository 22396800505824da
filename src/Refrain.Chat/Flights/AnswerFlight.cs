using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>
/// One upstream call and all who wait for it. It belongs to none of them: whoever asked first may leave. Those who come late get what has come and then follow.
/// </summary>
internal sealed class AnswerFlight : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ChatResponseUpdate> _updates = [];
    private readonly HashSet<string> _tags = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation;
    private readonly TimeSpan _abandonedTimeout;
    private List<FlightReader> _waiting = [];
    private List<FlightReader> _awake = [];
    private ChatResponse? _response;
    private ExceptionDispatchInfo? _failure;
    private TimeSpan? _timeToLive;
    private int _watchers;
    private bool _isDone;
    private bool _isCancelled;
    private bool _isDisposed;

    public AnswerFlight(TimeSpan abandonedTimeout, TimeProvider time)
    {
        _abandonedTimeout = abandonedTimeout;
        _cancellation = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Token = _cancellation.Token;
    }

    /// <summary>Cancelled when all have left and the time for that has passed.</summary>
    public CancellationToken Token { get; }

    /// <summary>The shortest time to live that anyone who joined has asked for, and all their tags.</summary>
    public (TimeSpan? TimeToLive, string[] Tags) Wishes
    {
        get
        {
            lock (_lock) return (_timeToLive, [.. _tags]);
        }
    }

    /// <summary>All chunks that have come.</summary>
    public IReadOnlyList<ChatResponseUpdate> Updates
    {
        get
        {
            lock (_lock) return [.. _updates];
        }
    }

    /// <summary>Joins those who wait; each join is matched by one <see cref="Leave"/>.</summary>
    /// <returns>False if the flight has been cancelled: nobody waited any more.</returns>
    public bool TryJoin(RefrainRequest request)
    {
        lock (_lock)
        {
            if (_isCancelled || Token.IsCancellationRequested) return false;
            if (_watchers++ == 0 && !_isDisposed) _cancellation.CancelAfter(Timeout.InfiniteTimeSpan);
            _tags.UnionWith(request.Tags);
            if (request.TimeToLive is { } asked && (_timeToLive is not { } shortest || asked < shortest)) _timeToLive = asked;
            return true;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_watchers > 0 || _isDone || _isDisposed) return;
            if (_abandonedTimeout > TimeSpan.Zero)
            {
                _cancellation.CancelAfter(_abandonedTimeout);
                return;
            }

            _isCancelled = true;
        }

        // Outside the lock: cancellation runs the provider's handlers.
        CancelNow();
    }

    /// <summary>A chunk has come. Only one thread publishes.</summary>
    public void Publish(ChatResponseUpdate update)
    {
        lock (_lock)
        {
            _updates.Add(update);
            (_waiting, _awake) = (_awake, _waiting);
        }

        WakeAll();
    }

    /// <summary>The answer is whole: in one piece, or, if null, in the chunks that have come.</summary>
    public void Complete(ChatResponse? response) => Finish(response, failure: null);

    /// <summary>There will be no answer, or no more of it.</summary>
    public void Fail(Exception failure) => Finish(response: null, ExceptionDispatchInfo.Capture(failure));

    /// <summary>The chunks from the first on, as they come; an answer in one piece comes as a chunk a message.</summary>
    public FlightReader Watch(CancellationToken cancellationToken) => new(this, cancellationToken);

    /// <summary>The chunk of that index, or null at the end.</summary>
    /// <returns>False where the reader has to wait; it is then on the list of those who are woken.</returns>
    public bool TryGet(int index, FlightReader reader, out ChatResponseUpdate? update)
    {
        lock (_lock)
        {
            update = index < _updates.Count ? _updates[index] : null;
            if (update is not null) return true;
            _failure?.Throw();
            if (_isDone) return true;
            reader.Arm();
            _waiting.Add(reader);
            return false;
        }
    }

    /// <summary>The chunk of that index, for one who has waited for it; null at the end.</summary>
    public ChatResponseUpdate? Get(int index)
    {
        lock (_lock)
        {
            if (index < _updates.Count) return _updates[index];
            _failure?.Throw();
            return null;
        }
    }

    /// <summary>The whole answer; each caller gets a copy.</summary>
    public async Task<ChatResponse> GetResponseAsync(CancellationToken cancellationToken)
    {
        await _finished.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        _failure?.Throw();
        return _response is { } whole ? AnswerCopy.Of(whole) : Updates.Select(AnswerCopy.Of).ToChatResponse();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _cancellation.Dispose();
        }
    }

    private void CancelNow()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The flight landed between the lock and here: there is nothing left to cancel.
        }
    }

    private void Finish(ChatResponse? response, ExceptionDispatchInfo? failure)
    {
        ChatResponseUpdate[] chunks = response is null ? [] : AnswerCopy.Of(response).ToChatResponseUpdates();
        lock (_lock)
        {
            if (_isDone) return;
            _response = response;
            _updates.AddRange(chunks);
            _failure = failure;
            _isDone = true;
            (_waiting, _awake) = (_awake, _waiting);
        }

        _finished.SetResult();
        WakeAll();
    }

    private void WakeAll()
    {
        WakeUps.Queue(_awake);
        _awake.Clear();
    }
}
