namespace Refrain.Redis;

/// <summary>What is known of a store once it has told its identity.</summary>
internal sealed class Attached
{
    private readonly CircuitBreaker[] _breakers;
    private volatile bool _seedIsTaken;

    /// <param name="identity">Which store it is.</param>
    /// <param name="keys">Its names.</param>
    /// <param name="isCluster">Whether its shards can fail apart from each other.</param>
    /// <param name="failureCount">Failures that open a breaker.</param>
    /// <param name="seedIsTaken">Whether nobody holds another seed.</param>
    public Attached(StoreIdentity identity, RedisKeys keys, bool isCluster, int failureCount, bool seedIsTaken)
    {
        Identity = identity;
        Keys = keys;
        SeedMark = EntryEnvelope.SeedMark(identity.Seed);
        _seedIsTaken = seedIsTaken;
        var one = new CircuitBreaker(failureCount);
        _breakers = new CircuitBreaker[keys.ShardCount + 1];
        for (int shard = 0; shard < _breakers.Length; shard++) _breakers[shard] = isCluster ? new CircuitBreaker(failureCount) : one;
    }

    /// <summary>Which store it is.</summary>
    public StoreIdentity Identity { get; }

    /// <summary>Its names.</summary>
    public RedisKeys Keys { get; }

    /// <summary>Mark of its seed, in every envelope.</summary>
    public uint SeedMark { get; }

    /// <summary>Number of the shard that holds identity and epochs.</summary>
    public int MetaShard => Keys.ShardCount;

    /// <summary>The breaker of a shard.</summary>
    public CircuitBreaker Breaker(int shard) => _breakers[shard];

    /// <summary>Whether whoever makes the keys uses this store's seed.</summary>
    public bool SeedIsTaken => _seedIsTaken;

    /// <summary>The seed, for whoever makes the keys.</summary>
    public ulong TakeSeed()
    {
        _seedIsTaken = true;
        return Identity.Seed;
    }

    /// <summary>Whether every shard may be asked.</summary>
    public bool IsWhole => Array.TrueForAll(_breakers, breaker => !breaker.IsOpen);
}
