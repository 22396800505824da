namespace Refrain.Gateway;

/// <summary>The budget of all callers, as <c>GET /stats</c> tells it: the limit of the window, and what this process has spent and reserved in it since it started.</summary>
internal sealed record BudgetRecord(decimal Limit, decimal Spent, decimal Reserved, DateTimeOffset? ResetsAt);
