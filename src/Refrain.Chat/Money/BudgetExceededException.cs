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

    internal BudgetExceededException(string name, decimal limit, decimal remaining, decimal requested, DateTimeOffset? resetsAt, bool isShared, Exception? ledgerFailure)
        : base((isShared ? SharedMessage(name, limit, remaining, requested, ledgerFailure) : $"The budget \"{name}\" of {limit} has {remaining} left, and the request could cost {requested}.")
            + (resetsAt is { } at ? $" It starts anew at {at:u}." : " It does not start anew; raise its limit."), ledgerFailure)
    {
        BudgetName = name;
        Limit = limit;
        Remaining = remaining;
        Requested = requested;
        ResetsAt = resetsAt;
    }

    /// <summary>Name of the budget.</summary>
    public string BudgetName { get; } = "";

    /// <summary>The limit of its window; where processes share the budget, what this one has drawn of it.</summary>
    public decimal Limit { get; }

    /// <summary>What was neither spent nor reserved when the request came; where processes share the budget, of what this one has drawn.</summary>
    public decimal Remaining { get; }

    /// <summary>The worst case of the request.</summary>
    public decimal Requested { get; }

    /// <summary>When the budget starts anew, or null if never.</summary>
    public DateTimeOffset? ResetsAt { get; }

    private static string SharedMessage(string name, decimal drawn, decimal remaining, decimal requested, Exception? ledgerFailure) =>
        $"The request could cost {requested}; of the shared budget \"{name}\" this process has drawn {drawn}, has {remaining} of that left, and "
        + (ledgerFailure is null ? "less than what is missing is left to draw." : "could draw no more, for its ledger gave no answer.");
}
