using System.Collections.Concurrent;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>What upstreams may cost: all callers together, and each by itself.</summary>
internal sealed class GatewayBudgets
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<Budget>> _ofCallers = new(StringComparer.Ordinal);
    private readonly Func<string, decimal, Budget> _open;
    private readonly decimal? _callerLimit;

    /// <param name="settings">How the program runs.</param>
    /// <param name="prices">What models cost.</param>
    /// <param name="time">The clock of the windows.</param>
    /// <exception cref="SettingsException">There is a budget, and nothing to count it by.</exception>
    public GatewayBudgets(GatewaySettings settings, ModelPrices? prices, TimeProvider time)
    {
        if ((settings.Budget ?? settings.CallerBudget) is not null)
        {
            string name = settings.Budget is null ? SettingNames.CallerBudget : SettingNames.Budget;
            if (settings.Upstreams.Count == 0)
                throw new SettingsException($"{name} is set, but {SettingNames.UpstreamUrl} is not: the demo model costs nothing.");
            if (prices is null)
                throw new SettingsException($"{name} is set, but {SettingNames.Prices} is not: without a price list no call can be counted.");
        }
        _open = (name, limit) => new Budget(name, limit, settings.BudgetWindow, timeProvider: time);
        _callerLimit = settings.CallerBudget;
        OfAll = settings.Budget is { } all ? _open("all callers", all) : null;
    }

    /// <summary>That of all callers together, or null.</summary>
    public Budget? OfAll { get; }

    /// <summary>Puts them in force.</summary>
    public void Bind(ChatRouterOptions router)
    {
        if (OfAll is not null)
            router.Budgets.Add(OfAll);
        if (_callerLimit is { } limit)
            router.TenantBudgets = tenant => _ofCallers.GetOrAdd(CallerOf(tenant), caller => [_open(caller, limit)]);
    }

    /// <summary>The caller without the part that it chooses itself: a new name is no new budget.</summary>
    private static string CallerOf(string tenant) => tenant.IndexOf('/', StringComparison.Ordinal) is var end and >= 0 ? tenant[..end] : tenant;
}
