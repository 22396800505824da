using System.Text.Json;

namespace Refrain.Gateway;

/// <summary><c>GET /stats</c>.</summary>
internal sealed class StatsEndpoint(OpenedCache opened, GatewaySettings settings, GatewayBudgets budgets, RequestLog log, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>Answers one request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        float threshold = opened.Cache.SimilarityThreshold;
        var document = new StatsDocument
        {
            StartedAt = _startedAt,
            Model = settings.Upstreams.Count == 0 ? "demo model" : string.Join(", ", settings.Upstreams.Select(upstream => upstream.Name)),
            Embedder = opened.Embedder.Name,
            SimilarityThreshold = float.IsNaN(threshold) ? null : threshold,
            Store = opened.Store.Name,
            Budget = budgets.OfAll is { } all ? new BudgetRecord(settings.Budget ?? all.Limit, all.Spent, all.Reserved, all.ResetsAt) : null,
            Cache = opened.Cache.GetStatistics(),
            Last = log.Snapshot(),
        };
        context.Response.Headers.CacheControl = "no-store";
        return Failures.SendAsync(context, StatusCodes.Status200OK, JsonSerializer.SerializeToUtf8Bytes(document, StatsJson.Default.StatsDocument));
    }
}
