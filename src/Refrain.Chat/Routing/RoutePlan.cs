using System.Net;

namespace Refrain.Chat;

/// <summary>Which routes may answer a request, and in which order they are asked.</summary>
internal sealed class RoutePlan(IReadOnlyList<RouteState> routes, ChatRouterOptions options)
{
    private readonly Lock _lock = new();
    private readonly Random _random = options.Seed is { } seed ? new Random(seed) : new Random();

    /// <summary>Routes of the asked model first, then, if allowed, the others; each part in the order of the options.</summary>
    /// <exception cref="InvalidOperationException">No route can answer such a request, however healthy.</exception>
    /// <exception cref="ChatProviderException">Those that can have budgets, and a model without a price.</exception>
    public List<RouteState> For(RoutedRequest request)
    {
        List<RouteState> own = [], others = [];
        ChatRoute? unpriced = null;
        foreach (RouteState state in routes)
        {
            ChatRoute route = state.Route;
            if ((route.Capabilities & request.Needs) != request.Needs || !request.Fits(route)) continue;
            if (request.IsFallback(route) && !options.FallbackAcrossModels) continue;
            if (!request.IsPayable(route)) unpriced ??= route;
            else if (request.IsFallback(route)) others.Add(state);
            else own.Add(state);
        }

        if (own.Count + others.Count == 0)
        {
            if (unpriced is not null) throw WithoutPrice(unpriced, request);
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

    /// <summary>Nothing was sent: the request is refused as it stands, and would be the next time.</summary>
    private static ChatProviderException WithoutPrice(ChatRoute route, RoutedRequest request)
    {
        string model = request.AskedOf(route) is { } asked ? $"the model \"{asked}\"" : "its model";
        return new ChatProviderException(
            $"The route \"{route.Name}\" has a budget and no price for {model}: give the route a price, or put the model into its price list. {nameof(ModelPrice)}.{nameof(ModelPrice.Free)} is the price of what costs nothing.",
            HttpStatusCode.BadRequest);
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
