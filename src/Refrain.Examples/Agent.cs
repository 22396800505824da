using Refrain.Chat;

namespace Refrain.Examples;

/// <summary>An agent that holds a router and a memory. What it remembers of its user goes into the system prompt, and so into the scope: two users share an answer only if the same is known of both.</summary>
internal sealed class Agent(CachedRouter router, IMemoryStore memory)
{
    public async Task<RouterResult> AskAsync(string user, string question, CancellationToken cancellation)
    {
        IReadOnlyList<string> facts = await memory.RecallAsync(user, cancellation);
        string system = facts.Count == 0 ? "You help." : $"You help. You know of the user: {string.Join(" ", facts)}";
        return await router.InvokeAsync(question, temperature: 0, system: system, cancellationToken: cancellation);
    }

    public ValueTask TellAsync(string user, string fact, CancellationToken cancellation) => memory.RememberAsync(user, fact, cancellation);
}
