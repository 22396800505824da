using Refrain.Chat;

namespace Refrain.Examples;

/// <summary>A cache beside a memory: what an agent learns of one user never leaks into the answers of another.</summary>
internal static class AgentWithMemory
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellation)
    {
        using var model = new DemoModel();
        await using CachedRouter router = CachedRouter.Create([new ChatRoute("main", model, price: ModelPrice.Free)], initialBudget: 1m);
        var agent = new Agent(router, new ProcessMemoryStore());

        await AskAsync("ann");
        await AskAsync("bob");
        await agent.TellAsync("ann", "She is vegetarian.", cancellation);
        await AskAsync("ann");
        await AskAsync("ann");
        await AskAsync("bob");

        async Task AskAsync(string user)
        {
            RouterResult result = await agent.AskAsync(user, "What shall I cook tonight?", cancellation);
            await output.WriteLineAsync($"{user}: {(result.Cached ? "hit" : "miss")}: {result.Response}");
        }
    }
}
