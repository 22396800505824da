using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>One upstream call: the route it is on, the money set aside for it, and the time it has.</summary>
internal sealed class RouteCall : IDisposable
{
    private readonly List<BudgetReservation> _reservations;
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationTokenRegistration _caller;
    private readonly CancellationTokenRegistration _deadline;
    private readonly TimeProvider _time;
    private readonly long _started;
    private bool _abandoned;
    private int _disposed;

    private RouteCall(
        RouteState state, bool isProbe, RoutedRequest request, List<BudgetReservation> reservations, TimeProvider time, CancellationToken deadline, CancellationToken caller)
    {
        State = state;
        IsProbe = isProbe;
        Request = request;
        _reservations = reservations;
        _time = time;
        _started = time.GetTimestamp();
        _cancellation = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _caller = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
        _deadline = deadline.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
    }

    public RouteState State { get; }

    /// <summary>Whether it finds out if a route that rested is back.</summary>
    public bool IsProbe { get; }

    public RoutedRequest Request { get; }

    public ChatRoute Route => State.Route;

    public CancellationToken Token => _cancellation.Token;

    public TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>Whether a faster route has answered meanwhile.</summary>
    public bool IsAbandoned => Volatile.Read(ref _abandoned);

    /// <summary>Reserves the worst case in every budget and begins. The route has been entered already.</summary>
    /// <returns>The call, or why a budget has no room for it; the route has then been left again.</returns>
    public static async ValueTask<(RouteCall? Call, BudgetExceededException? Exceeded)> TryOpenAsync(
        RouteState state, bool isProbe, RoutedRequest request, TimeProvider time, CancellationToken deadline, CancellationToken caller)
    {
        var reservations = new List<BudgetReservation>();
        bool isOpen = false;
        try
        {
            decimal worst = request.WorstCaseOf(state.Route);
            foreach (Budget budget in request.BudgetsOf(state.Route))
            {
                if (await budget.TryReserveAsync(worst, caller).ConfigureAwait(false) is not { } reservation)
                    return (null, budget.Exceeded(worst));
                reservations.Add(reservation);
            }

            isOpen = true;
            return (new RouteCall(state, isProbe, request, reservations, time, deadline, caller), null);
        }
        finally
        {
            if (!isOpen)
            {
                foreach (BudgetReservation reserved in reservations) reserved.Dispose();
                state.End(isProbe);
            }
        }
    }

    /// <summary>The call is cancelled after this long, counted from now.</summary>
    public void Limit(TimeSpan time) => _cancellation.CancelAfter(time);

    /// <summary>The first token is there: only silence can end the stream now.</summary>
    public void ForgetDeadline() => _deadline.Dispose();

    /// <summary>A faster route has answered.</summary>
    public void Abandon()
    {
        Volatile.Write(ref _abandoned, true);
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended by itself: there is nothing left to cancel.
        }
    }

    public void Settle(decimal cost)
    {
        foreach (BudgetReservation reservation in _reservations) reservation.Settle(cost);
    }

    /// <summary>What an answer of this call says of itself.</summary>
    public void Annotate(AdditionalPropertiesDictionary properties, CallCost cost)
    {
        properties[RefrainProperties.Route] = Route.Name;
        if (Route.Model is { } model) properties[RefrainProperties.Model] = model;
        if (Request.PriceOf(Route) is not null)
        {
            properties[RefrainProperties.Cost] = cost.Amount;
            if (cost.Estimated) properties[RefrainProperties.CostEstimated] = true;
        }

        if (Request.IsFallback(Route)) properties[RefrainProperties.Fallback] = true;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _caller.Dispose();
        _deadline.Dispose();
        _cancellation.Dispose();
        foreach (BudgetReservation reservation in _reservations) reservation.Dispose();
        State.End(IsProbe);
    }
}
