using Microsoft.Extensions.AI;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>What a replay's cache stands on. The caller owns it all.</summary>
/// <param name="Store">Where answers are kept.</param>
/// <param name="Embedder">Makes embeddings, or null for exact hits only.</param>
/// <param name="EmbedderName">What the report calls it.</param>
/// <param name="Prices">What the demo model costs.</param>
/// <param name="Time">The clock of measurements.</param>
internal sealed record ReplayParts(
    IDurableStore Store, IEmbeddingGenerator<string, Embedding<float>>? Embedder, string EmbedderName, ModelPrices Prices, TimeProvider Time);
