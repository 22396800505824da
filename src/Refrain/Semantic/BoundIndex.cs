using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Extensions.Logging;
using Refrain.Vectors;

namespace Refrain;

/// <summary>The vector index of one embedding space and one store's seed: in a file where there is a directory for it, else in memory.</summary>
internal sealed class BoundIndex : IDisposable
{
    private readonly EmbeddingSpace _space;
    private readonly SemanticCacheOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<VectorIndex> _retired = [];
    private volatile VectorIndex? _current;

    private readonly IFetcher _fetcher;

    internal BoundIndex(EmbeddingSpace space, SemanticCacheOptions options, IFetcher fetcher, TimeProvider time, ILogger logger)
    {
        _fetcher = fetcher;
        _space = space;
        _options = options;
        _time = time;
        _logger = logger;
    }

    /// <summary>The index, or null before it was bound.</summary>
    internal VectorIndex? Current => _current;

    /// <summary>Whether a file that was meant to hold the index does not.</summary>
    internal bool IsDetached => _options.DataDirectory is not null && _current is { } index && (index.Recovery.Kind == RecoveryKind.MemoryOnly || index.GetStatistics().Detached);

    /// <summary>Takes the index of another seed: its namespaces and keys are digests under it.</summary>
    /// <param name="seed">The store's seed, or null while it is unknown.</param>
    internal void Bind(ulong? seed)
    {
        VectorIndex? old = _current;
        VectorIndex index = seed is null ? VectorIndex.Create(OptionsFor(0)) : Open(seed.Value);
        index.Fetcher = _fetcher;
        _current = index;

        // Not disposed of yet: a lookup may be in it.
        if (old is not null)
            _retired.Add(old);
    }

    public void Dispose()
    {
        _current?.Dispose();
        _retired.ForEach(static index => index.Dispose());
    }

    private VectorIndex Open(ulong seed)
    {
        if (_options.DataDirectory is not { } directory)
            return VectorIndex.Create(OptionsFor(seed));
        try
        {
            VectorIndex index = VectorIndex.Open(Path.Combine(directory, $"{_options.Name}.arena"), OptionsFor(seed));
            if (index.Recovery.Kind == RecoveryKind.SetAside)
                Log.IndexSetAside(_logger, _options.Name, index.Recovery.Reason ?? "");
            else if (index.Recovery.Kind == RecoveryKind.MemoryOnly)
                Log.IndexInMemory(_logger, _options.Name, index.Recovery.Reason ?? "");
            return index;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.IndexInMemory(_logger, _options.Name, exception.Message);
            return VectorIndex.Create(OptionsFor(seed));
        }
    }

    private VectorIndexOptions OptionsFor(ulong seed)
    {
        // The file tells nothing about the seed, but one that was made under another is not taken for this one's.
        Span<byte> both = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(both, _space.Digest);
        BinaryPrimitives.WriteUInt64LittleEndian(both[8..], seed);
        return new VectorIndexOptions { Dimensions = _space.Dimensions, SpaceDigest = XxHash3.HashToUInt64(both), TimeProvider = _time };
    }
}
