using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Refrain;

/// <summary>What the cache takes from its surroundings. Whatever is null gets a default of its own.</summary>
public sealed record SemanticCacheServices
{
    /// <summary>Time. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Where failures of tiers are logged. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Who makes the meter "Refrain". Default: the cache makes it itself.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>The space of the embeddings that callers pass in their queries, for a cache without an embedder. With an embedder, its own space counts.</summary>
    public EmbeddingSpace? EmbeddingSpace { get; init; }

    /// <summary>
    /// Keys of tenants, under which everything that goes to the durable store is encrypted; then nothing else is read from it. The index is kept in memory: its file would hold
    /// vectors in the clear, so <see cref="SemanticCacheOptions.DataDirectory"/> must be null. Default: none, entries are stored in the clear.
    /// </summary>
    public ITenantKeys? TenantKeys { get; init; }
}
