using System.Collections.Concurrent;
using Refrain.Chat;
using Refrain.Redis;

namespace Refrain.Gateway;

/// <summary>What upstreams may cost: all callers together, and each by itself.</summary>
internal sealed partial class GatewayBudgets : IAsyncDisposable
{
    /// <summary>A process draws this part of a limit at a time: what it may lose when it is killed.</summary>
    private const decimal Shares = 100;

    private readonly ConcurrentDictionary<string, IReadOnlyList<Budget>> _ofCallers = new(StringComparer.Ordinal);
    private readonly Func<string, decimal, Budget> _open;
    private readonly decimal? _callerLimit;
    private readonly ILogger _logger;

    /// <param name="settings">How the program runs.</param>
    /// <param name="prices">What models cost.</param>
    /// <param name="store">What remembers the money spent.</param>
    /// <param name="time">The clock of the windows.</param>
    /// <param name="logger">Told of a store that does not take back what was not spent.</param>
    /// <exception cref="SettingsException">There is a budget, and nothing to count it by.</exception>
    public GatewayBudgets(GatewaySettings settings, ModelPrices? prices, IDurableStore store, TimeProvider time, ILogger logger)
    {
        if ((settings.Budget ?? settings.CallerBudget) is not null)
        {
            string name = settings.Budget is null ? SettingNames.CallerBudget : SettingNames.Budget;
            if (settings.Upstreams.Count == 0)
                throw new SettingsException($"{name} is set, but {SettingNames.UpstreamUrl} is not: the demo model costs nothing.");
            if (prices is null)
                throw new SettingsException($"{name} is set, but {SettingNames.Prices} is not: without a price list no call can be counted.");
        }
        _open = (name, limit) => limit > 0 && StoreChoice.OpenLedger(store, name, limit) is { } ledger
            ? new Budget(name, ledger, limit / Shares, settings.BudgetWindow, time)
            : new Budget(name, limit, settings.BudgetWindow, timeProvider: time);
        _logger = logger;
        _callerLimit = settings.CallerBudget;
        OfAll = settings.Budget is { } all ? _open("callers", all) : null;
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

    /// <summary>Gives back what was drawn and not spent.</summary>
    public async ValueTask DisposeAsync()
    {
        IEnumerable<Budget> all = _ofCallers.Values.SelectMany(budgets => budgets);
        foreach (Budget budget in OfAll is null ? all : all.Prepend(OfAll))
        {
            try
            {
                await budget.GiveBackAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or TimeoutException or RedisStoreUnavailableException or ObjectDisposedException)
            {
                LogNotGivenBack(_logger, budget.Name, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The budget {Name} could not be given back what was drawn and not spent; in this window it counts as spent.")]
    private static partial void LogNotGivenBack(ILogger logger, string name, Exception failure);

    /// <summary>The caller without the part that it chooses itself: a new name is no new budget.</summary>
    private static string CallerOf(string tenant) => tenant.IndexOf('/', StringComparison.Ordinal) is var end and >= 0 ? tenant[..end] : tenant;
}
