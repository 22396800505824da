using Refrain.Chat;

namespace Refrain.Examples;

/// <summary>Two models, a price list, and a budget that is never overspent; hits cost nothing.</summary>
internal static class BudgetAndFallback
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellation)
    {
        // Prices of two models that do not exist. Yours stand in a file: ModelPrices.Load("prices.json").
        var prices = ModelPrices.Parse("""
            {
              "date": "2026-01-31",
              "currency": "USD",
              "models": { "large-demo": { "input": 2000, "output": 10000 }, "small-demo": { "input": 100, "output": 500 } }
            }
            """);
        using var large = new DemoModel("large-demo") { IsDown = true };
        using var small = new DemoModel("small-demo");
        ChatRoute[] routes =
        [
            new("large", large, "large-demo", prices.Find("large-demo")) { Priority = 1, OutputTokensMax = 50 },
            new("small", small, "small-demo", prices.Find("small-demo")) { Priority = 2, OutputTokensMax = 50 },
        ];
        await using CachedRouter router = CachedRouter.Create(routes, initialBudget: 1.00m);

        await AskAsync("What is AI?");
        await AskAsync("What is AI?");
        large.IsDown = false;
        await AskAsync("What is a budget?");
        await AskAsync("What is a very long question that costs more than there is?");
        for (int i = 1; i <= 50; i++)
            if (!await AskAsync($"What is {i} and {i}?", quietly: true)) break;

        CachedRouterStatistics statistics = router.GetCacheStatistics();
        await output.WriteLineAsync(
            $"spent {statistics.BudgetSpent:0.0000} of {router.Budget.Limit}, saved {statistics.BudgetSaved:0.0000}, hit rate {statistics.HitRate:0.00}");

        async Task<bool> AskAsync(string question, bool quietly = false)
        {
            try
            {
                RouterResult result = await router.InvokeAsync(question, temperature: 0, cancellationToken: cancellation);
                if (!quietly)
                    await output.WriteLineAsync($"{(result.Cached ? "hit " : "miss")} {result.Model,-10} cost {result.Cost:0.0000}  {question}");
                return true;
            }
            catch (BudgetExceededException e)
            {
                await output.WriteLineAsync($"refused: {e.Message}");
                return false;
            }
        }
    }
}
