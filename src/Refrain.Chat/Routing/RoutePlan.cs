namespace Refrain.Chat;

/// <summary>Which routes may answer a request, and in which order they are asked.</summary>
internal sealed class RoutePlan(IReadOnlyList<RouteState> routes, ChatRouterOptions options)
{
    private readonly Lock _lock = new();
    private readonly Random _random = options.Seed is { } seed ? new Random(seed) : new Random();

    /// <summary>Routes of the asked model first, then, if allowed, the others; each part in the order of the options.</summary>
    /// <exception cref="InvalidOperationException">No route can answer such a request, however healthy.</exception>
    public List<RouteState> For(RoutedRequest request)
    {
        List<RouteState> own = [], others = [];
        foreach (RouteState state in routes)
        {
            ChatRoute route = state.Route;
            if ((route.Capabilities & request.Needs) != request.Needs || !request.Fits(route)) continue;
            if (!request.IsFallback(route)) own.Add(state);
            else if (options.FallbackAcrossModels) others.Add(state);
        }

        if (own.Count + others.Count == 0)
        {
            string asked = request.Model is { } model ? $" for the model \"{model}\"" : "";
            throw new InvalidOperationException(
                $"None of the {routes.Count} routes can answer the request{asked}: it needs {request.Needs}, and about {request.InputEstimate(routes[0].Route)} tokens of context.");
        }

        Order(own, request);
        Order(others, request);
        own.AddRange(others);
        return own;
    }

    /// <summary>A number from 0 to 1 that jitter and weights are drawn by.</summary>
    public double Draw()
    {
        lock (_lock) return _random.NextDouble();
    }

    private void Order(List<RouteState> states, RoutedRequest request)
    {
        if (states.Count < 2) return;
        RouteOrder order = options.Order;
        if (SoftLimitReached(states, request)) order = RouteOrder.Cheapest;
        Func<RouteState, double> secondKey = order switch
        {
            RouteOrder.Cheapest => state => (double)request.WorstCaseOf(state.Route),
            RouteOrder.Fastest => state => state.LatencySeconds,
            RouteOrder.Weighted => state => -Math.Log(1 - Draw()) / state.Route.Weight, // Smallest of exponentials: each comes first by its weight.
            _ => _ => 0,
        };
        RouteState[] sorted = order is RouteOrder.Cheapest or RouteOrder.Fastest
            ? [.. states.OrderBy(secondKey).ThenBy(state => state.Route.Priority)]
            : [.. states.OrderBy(state => state.Route.Priority).ThenBy(secondKey)];
        states.Clear();
        states.AddRange(sorted);
    }

    private static bool SoftLimitReached(List<RouteState> states, RoutedRequest request)
    {
        foreach (RouteState state in states)
            foreach (Budget budget in request.BudgetsOf(state.Route))
                if (budget.IsSoftLimitReached) return true;
        return false;
    }
}
