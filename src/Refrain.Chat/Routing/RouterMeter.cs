using System.Diagnostics.Metrics;

namespace Refrain.Chat;

/// <summary>What became of a router's calls and of its money, for whoever collects. Nothing is recorded on the way of a request: the counts are read when they are asked for.</summary>
internal sealed class RouterMeter : IDisposable
{
    private const string RouteTag = "refrain.route";
    private const string BudgetTag = "refrain.budget";

    private readonly Meter _meter;
    private readonly bool _isOwn;

    public RouterMeter(IMeterFactory? factory, Func<RouterStatistics> read, Func<IReadOnlyList<RouteHealth>> health, Func<IEnumerable<Budget>> budgets)
    {
        _isOwn = factory is null;
        _meter = factory?.Create(ChatMeter.MeterName) ?? new Meter(ChatMeter.MeterName);
        _meter.CreateObservableCounter("refrain.router.requests", () => read().Requests, unit: null, "Requests that came to the router.");
        _meter.CreateObservableCounter("refrain.router.extra_calls", () => read().ExtraCalls, unit: null, "Upstream calls beyond the first of each request.");
        _meter.CreateObservableCounter("refrain.router.over_budget", () => read().OverBudget, unit: null, "Requests that were not sent for want of money.");
        _meter.CreateObservableCounter("refrain.router.cost", () => (double)read().Cost, unit: null, "What all calls cost, in the currency of the prices.");
        _meter.CreateObservableCounter("refrain.router.estimated_cost", () => (double)read().EstimatedCost, unit: null, "The part of the cost that rests on estimated tokens.");
        _meter.CreateObservableCounter("refrain.router.input_tokens", () => read().InputTokens, unit: null, "Input tokens.");
        _meter.CreateObservableCounter("refrain.router.output_tokens", () => read().OutputTokens, unit: null, "Output tokens.");
        _meter.CreateObservableCounter("refrain.router.answered", () => health().Select(static route => Of(route, route.Successes)), unit: null, "Calls that a route answered.");
        _meter.CreateObservableCounter("refrain.router.failed", () => health().Select(static route => Of(route, route.Failures)), unit: null, "Calls that a route failed.");
        _meter.CreateObservableGauge("refrain.router.available", () => health().Select(static route => Of(route, route.IsAvailable ? 1 : 0)), unit: null, "1 while a route is asked, 0 while it rests.");
        _meter.CreateObservableGauge("refrain.budget.limit", () => budgets().Select(static budget => Of(budget, budget.Limit)), unit: null, "The most that a budget's window may cost.");
        _meter.CreateObservableGauge("refrain.budget.spent", () => budgets().Select(static budget => Of(budget, budget.Spent)), unit: null, "Settled in a budget's present window.");
        _meter.CreateObservableGauge("refrain.budget.reserved", () => budgets().Select(static budget => Of(budget, budget.Reserved)), unit: null, "Set aside for calls under way.");
    }

    public void Dispose()
    {
        if (_isOwn) _meter.Dispose();
    }

    private static Measurement<long> Of(RouteHealth route, long count) => new(count, new KeyValuePair<string, object?>(RouteTag, route.Name));

    private static Measurement<double> Of(Budget budget, decimal amount) => new((double)amount, new KeyValuePair<string, object?>(BudgetTag, budget.Name));
}
