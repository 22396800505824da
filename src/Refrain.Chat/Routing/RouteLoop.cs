namespace Refrain.Chat;

/// <summary>The one loop that retries: routes in order, one deadline, a limited number of extra calls, pauses with jitter, Retry-After honoured.</summary>
internal sealed class RouteLoop(IReadOnlyList<RouteState> states, ChatRouterOptions options, RouterTotals totals)
{
    private readonly ExtraCalls _extra = new(options.ExtraCallRatio, options.ExtraCallBurst);

    public ChatRouterOptions Options => options;

    public RouterTotals Totals => totals;

    public RoutePlan Plan { get; } = new(states, options);

    /// <summary>What to make of an exception.</summary>
    public ProviderFailure Classify(Exception failure) => options.Classify?.Invoke(failure) ?? ProviderFailure.Of(failure);

    /// <summary>Takes one extra call, if there is one.</summary>
    public bool TryTakeExtra() => _extra.TryTake();

    /// <summary>Sends a request until a route answers, or nothing is left to try.</summary>
    /// <param name="request">The request.</param>
    /// <param name="send">Makes one call, and disposes of it unless its result does.</param>
    /// <param name="discard">Frees a result that came too late.</param>
    /// <param name="except">A route that has had this request already and failed, or null.</param>
    /// <param name="cancellation">The caller's.</param>
    public async Task<T> RunAsync<T>(
        RoutedRequest request, Func<RouteCall, Task<T>> send, Func<T, ValueTask> discard, ChatRoute? except, CancellationToken cancellation)
        where T : class
    {
        cancellation.ThrowIfCancellationRequested();
        if (except is null)
        {
            totals.Request();
            _extra.Earn();
        }

        List<RouteState> routes = Plan.For(request);
        routes.RemoveAll(state => state.Route == except);
        using var deadline = new CancellationTokenSource(options.Deadline, options.TimeProvider);
        var run = new RouteRun<T>(this, request, send, discard, routes, deadline.Token, cancellation) { Calls = except is null ? 0 : 1 };
        for (int round = 0; ; round++)
        {
            if (await run.TryRoutesAsync(anyway: false).ConfigureAwait(false) is { } answer) return answer;

            // Every breaker is open or every route is busy: rather one call against the odds than none.
            if (run.MayTryAnyway && await run.TryRoutesAsync(anyway: true).ConfigureAwait(false) is { } lucky) return lucky;
            if (!await run.PauseAsync(round).ConfigureAwait(false)) throw run.Final();
        }
    }
}
