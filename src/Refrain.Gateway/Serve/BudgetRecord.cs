namespace Refrain.Gateway;

/// <summary>The budget of all callers, as <c>GET /stats</c> tells it.</summary>
internal sealed record BudgetRecord(decimal Limit, decimal Spent, decimal Reserved, DateTimeOffset? ResetsAt);
