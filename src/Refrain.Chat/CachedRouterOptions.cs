using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>How a <see cref="CachedRouter"/> caches and routes.</summary>
public sealed class CachedRouterOptions
{
    /// <summary>How chats are cached.</summary>
    public RefrainChatOptions Chat { get; set; } = new();

    /// <summary>How routes are chosen. The initial budget is added to its budgets.</summary>
    public ChatRouterOptions Router { get; set; } = new();

    /// <summary>How the cache behaves, where the router opens one of its own.</summary>
    public SemanticCacheOptions Cache { get; set; } = new();

    /// <summary>Embeds texts for the router's own cache. Null: only the very same request hits.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embedder { get; set; }

    /// <summary>When the initial budget starts anew. Default: never.</summary>
    public BudgetWindow BudgetWindow { get; set; }
}
