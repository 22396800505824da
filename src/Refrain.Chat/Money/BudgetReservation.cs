namespace Refrain.Chat;

/// <summary>Money set aside for one request. Settle it with the real cost; disposing of it unsettled gives all of it back.</summary>
public sealed class BudgetReservation : IDisposable
{
    private readonly Budget _budget;
    private readonly long _windowNumber;
    private int _done;

    internal BudgetReservation(Budget budget, decimal amount, long windowNumber)
    {
        _budget = budget;
        _windowNumber = windowNumber;
        Amount = amount;
    }

    /// <summary>What was set aside.</summary>
    public decimal Amount { get; }

    /// <summary>Replaces the reservation by the real cost. Only the first call counts.</summary>
    /// <param name="cost">From 0. A provider that bills more than its worst case is counted in full.</param>
    public void Settle(decimal cost)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        if (Interlocked.Exchange(ref _done, 1) == 0) _budget.Settle(Amount, _windowNumber, cost);
    }

    /// <summary>Gives the reservation back, unless it was settled.</summary>
    public void Dispose() => Settle(0);
}
