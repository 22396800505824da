namespace Refrain.Chat;

/// <summary>How long a budget lasts until it starts anew. Windows begin on the hour, the day and the month of UTC.</summary>
public enum BudgetWindow
{
    /// <summary>For ever.</summary>
    Total,

    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A month.</summary>
    Month,
}
