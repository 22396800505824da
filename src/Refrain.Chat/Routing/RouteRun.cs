using System.Net;
using System.Runtime.ExceptionServices;

namespace Refrain.Chat;

/// <summary>One request's way through the routes.</summary>
internal sealed class RouteRun<T>(
    RouteLoop loop,
    RoutedRequest request,
    Func<RouteCall, Task<T>> send,
    Func<T, ValueTask> discard,
    List<RouteState> routes,
    CancellationToken deadline,
    CancellationToken caller)
    where T : class
{
    private readonly HashSet<RouteState> _hopeless = [];
    private readonly ChatRouterOptions _options = loop.Options;
    private TimeSpan? _rest;
    private Exception? _failure;
    private BudgetExceededException? _overBudget;
    private bool _isOver;

    /// <summary>Upstream calls made for this request.</summary>
    public int Calls { get; set; }

    /// <summary>Whether a call against an open breaker would be the first.</summary>
    public bool MayTryAnyway => Calls == 0 && _overBudget is null && !_isOver;

    /// <summary>Asks the routes in order.</summary>
    /// <param name="anyway">Also those whose breaker is open, but only one of them.</param>
    /// <returns>The first answer, or null.</returns>
    public async Task<T?> TryRoutesAsync(bool anyway)
    {
        for (int i = 0; i < routes.Count && !_isOver; i++)
        {
            if (await OpenAsync(routes[i], anyway).ConfigureAwait(false) is not { } call) continue;
            T? answer = _options.HedgeAfter is { } patience && !anyway
                ? await HedgeAsync(call, patience, i + 1).ConfigureAwait(false)
                : await CallAsync(call).ConfigureAwait(false);
            if (answer is not null) return answer;
            if (anyway) break;
        }

        return null;
    }

    /// <summary>Waits before the next round.</summary>
    /// <returns>False if there is none: nothing failed that time could heal, or too little of it is left.</returns>
    public async Task<bool> PauseAsync(int round)
    {
        routes.RemoveAll(_hopeless.Contains);
        if (_isOver || _failure is null || routes.Count == 0 || Calls >= _options.AttemptsMax || deadline.IsCancellationRequested) return false;

        // Equal jitter: half of the pause is certain, half is drawn.
        TimeSpan pause = _options.RetryDelay * Math.Pow(2, Math.Min(round, 16));
        if (pause > _options.RetryDelayMax) pause = _options.RetryDelayMax;
        pause *= 0.5 + (loop.Plan.Draw() * 0.5);
        if (!routes.Exists(state => state.IsAvailable))
        {
            // Waiting is worth it only where a provider has said for how long.
            if (_rest is not { } rest || rest > _options.RetryAfterMax) return false;
            if (rest > pause) pause = rest;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline, caller);
        try
        {
            await Task.Delay(pause, _options.TimeProvider, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return false;
        }

        _rest = null;
        return true;
    }

    /// <summary>What the caller is told after the last attempt.</summary>
    public Exception Final()
    {
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        if (_overBudget is not null)
        {
            loop.Totals.Refuse();
            return _overBudget;
        }

        DateTimeOffset? returns = routes.Min(state => state.GetHealth().ReturnsAt);
        return new ChatProviderException(
            $"None of the {routes.Count} routes is free: they are busy, or have asked to be left alone.",
            HttpStatusCode.ServiceUnavailable,
            returns - _options.TimeProvider.GetUtcNow());
    }

    /// <summary>Begins a call on a route, if the route, the budgets and the share of extra calls allow it.</summary>
    private async ValueTask<RouteCall?> OpenAsync(RouteState state, bool anyway)
    {
        if (_hopeless.Contains(state) || !state.TryBegin(anyway, out bool isProbe)) return null;
        (RouteCall? call, BudgetExceededException? exceeded) = await RouteCall.TryOpenAsync(state, isProbe, request, _options.TimeProvider, deadline, caller).ConfigureAwait(false);
        if (call is null)
        {
            _overBudget ??= exceeded;
            return null;
        }

        bool extra = Calls > 0;
        if (extra && (Calls >= _options.AttemptsMax || !loop.TryTakeExtra()))
        {
            call.Dispose();
            _isOver = true;
            return null;
        }

        Calls++;
        loop.Totals.Call(extra);
        return call;
    }

    private async Task<T?> CallAsync(RouteCall call)
    {
        try
        {
            return await send(call).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested || call.IsAbandoned)
        {
            caller.ThrowIfCancellationRequested();
            return null;
        }
        catch (Exception e)
        {
            Note(call, e is OperationCanceledException
                ? new TimeoutException($"The route \"{call.Route.Name}\" did not answer within {call.Elapsed.TotalSeconds:0.###} s.", e)
                : e);
            return null;
        }
    }

    private void Note(RouteCall call, Exception failure)
    {
        loop.Totals.Fail();
        _failure = failure;
        ProviderFailure kind = loop.Classify(failure);
        if (kind.Kind == FailureKind.Request)
        {
            _isOver = true;
            return;
        }

        call.State.Fail(kind, call.IsProbe);
        if (kind.Kind == FailureKind.Route) _hopeless.Add(call.State);
        if (kind.RetryAfter is { } rest && (_rest is not { } shortest || rest < shortest)) _rest = rest;
        if (deadline.IsCancellationRequested) _isOver = true;
    }

    /// <summary>Asks a second route when the first keeps its caller waiting, and takes whichever answers first.</summary>
    private async Task<T?> HedgeAsync(RouteCall first, TimeSpan patience, int from)
    {
        Task<T?> mine = CallAsync(first);
        using var stop = new CancellationTokenSource();
        if (await Task.WhenAny(mine, Task.Delay(patience, _options.TimeProvider, stop.Token)).ConfigureAwait(false) == mine)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            return await mine.ConfigureAwait(false);
        }

        RouteCall? second = null;
        try
        {
            for (int i = from; i < routes.Count && second is null && !_isOver; i++) second = await OpenAsync(routes[i], anyway: false).ConfigureAwait(false);
        }
        catch
        {
            _ = DiscardAsync(mine);
            throw;
        }

        // That there was nobody else to ask does not end the first call.
        if (second is null) return await mine.ConfigureAwait(false);
        Task<T?> other = CallAsync(second);
        Task<T?> winner = await Task.WhenAny(mine, other).ConfigureAwait(false);
        (Task<T?> loser, RouteCall late) = winner == mine ? (other, second) : (mine, first);
        if (await winner.ConfigureAwait(false) is not { } answer) return await loser.ConfigureAwait(false);
        late.Abandon();
        _ = DiscardAsync(loser);
        return answer;
    }

    private async Task DiscardAsync(Task<T?> loser)
    {
        await ((Task)loser).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loser.IsCompletedSuccessfully && await loser.ConfigureAwait(false) is { } late) await discard(late).ConfigureAwait(false);
    }
}
