namespace Refrain.Chat;

/// <summary>Counts what goes through a router.</summary>
internal sealed class RouterTotals
{
    private readonly Lock _lock = new();
    private RouterStatistics _totals = new();

    public void Request()
    {
        lock (_lock) _totals = _totals with { Requests = _totals.Requests + 1 };
    }

    public void Call(bool extra)
    {
        lock (_lock) _totals = _totals with { Calls = _totals.Calls + 1, ExtraCalls = _totals.ExtraCalls + (extra ? 1 : 0) };
    }

    public void Fail()
    {
        lock (_lock) _totals = _totals with { Failures = _totals.Failures + 1 };
    }

    public void Refuse()
    {
        lock (_lock) _totals = _totals with { OverBudget = _totals.OverBudget + 1 };
    }

    public void Spend(CallCost cost)
    {
        lock (_lock)
        {
            _totals = _totals with
            {
                Cost = _totals.Cost + cost.Amount,
                EstimatedCost = _totals.EstimatedCost + (cost.Estimated ? cost.Amount : 0),
                InputTokens = _totals.InputTokens + cost.InputTokens,
                OutputTokens = _totals.OutputTokens + cost.OutputTokens,
            };
        }
    }

    public RouterStatistics Read()
    {
        lock (_lock) return _totals;
    }
}
