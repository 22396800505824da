namespace Refrain.Chat;

/// <summary>A request was not sent, since its worst case would have gone beyond a budget.</summary>
public sealed class BudgetExceededException : Exception
{
    /// <summary>An exception without details.</summary>
    public BudgetExceededException()
        : base("The budget does not allow the request.")
    {
    }

    /// <summary>An exception with a message.</summary>
    public BudgetExceededException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and a cause.</summary>
    public BudgetExceededException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal BudgetExceededException(string name, decimal limit, decimal remaining, decimal requested, DateTimeOffset? resetsAt, Exception? ledgerFailure)
        : base($"The budget \"{name}\" of {limit} has {remaining} left, and the request could cost {requested}. "
            + (resetsAt is { } at ? $"It starts anew at {at:u}." : "It does not start anew; raise its limit.")
            + (ledgerFailure is null ? "" : " Its ledger gave no answer, so nothing could be drawn."), ledgerFailure)
    {
        BudgetName = name;
        Limit = limit;
        Remaining = remaining;
        Requested = requested;
        ResetsAt = resetsAt;
    }

    /// <summary>Name of the budget.</summary>
    public string BudgetName { get; } = "";

    /// <summary>The limit of its window.</summary>
    public decimal Limit { get; }

    /// <summary>What was neither spent nor reserved when the request came.</summary>
    public decimal Remaining { get; }

    /// <summary>The worst case of the request.</summary>
    public decimal Requested { get; }

    /// <summary>When the budget starts anew, or null if never.</summary>
    public DateTimeOffset? ResetsAt { get; }
}
