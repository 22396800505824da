using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Refrain.Vectors;

namespace Refrain;

/// <summary>
/// Answers a question that was asked before, in the same words or with the same meaning: exact table, durable store, semantic index, in this order.
/// Thread-safe. A tier that fails is a miss; no exception of a tier reaches the caller.
/// </summary>
public sealed partial class SemanticCache : IAsyncDisposable
{
    /// <summary>One exact hit in so many is timed.</summary>
    public const int SamplingPeriod = 256;

    /// <summary>Of the lookups whose embedding is known, one in so many is timed: reading the clock takes a thirtieth of them.</summary>
    private const int SemanticSamplingPeriod = 16;

    private readonly SemanticCacheOptions _options;
    private readonly MonotonicClock _clock;
    private readonly EpochTable _epochs;
    private readonly CacheCounters _counters;
    private readonly CacheMeter _meter;
    private readonly ExactTable _exact;
    private readonly DurableTier _durable;
    private readonly SemanticTier? _semantic;
    private readonly WriteQueue _writes;
    private readonly Precedence _precedence;
    private readonly EntryMaker _maker;
    private readonly QueryRules _rules;
    private readonly FailureMemo _failures;
    private readonly Refresher _refresher;
    private readonly Flights<FlightKey, CacheResult> _flights = new();
    private readonly StoreLink _link;
    private int _isDisposed;

    private SemanticCache(SemanticCacheOptions options, IDurableStore store, IEmbeddingGenerator<string, Embedding<float>>? embedder, SemanticCacheServices services)
    {
        if (services.TenantKeys is not null && options.DataDirectory is not null)
            throw new ArgumentException("DataDirectory is set together with TenantKeys: the index file would hold vectors in the clear. Leave DataDirectory null.");
        _options = options;
        ILogger logger = services.LoggerFactory?.CreateLogger<SemanticCache>() ?? (ILogger)NullLogger<SemanticCache>.Instance;
        _clock = new MonotonicClock(services.TimeProvider ?? TimeProvider.System);
        _epochs = new EpochTable();
        _counters = new CacheCounters();
        _meter = new CacheMeter(services.MeterFactory, options.Name);
        _exact = new ExactTable(options.ExactBytesMax);
        _durable = new DurableTier(store, options, _clock, _epochs, _counters, _meter, logger, services.TenantKeys);
        EmbeddingSpace? space = embedder is null ? services.EmbeddingSpace : Embedder.SpaceOf(embedder);
        if (space is not null)
        {
            Embedder? tier = embedder is null ? null : new Embedder(embedder, space, options, _clock.Time, _counters, _meter, logger);
            _semantic = new SemanticTier(space, tier, options, _exact, _durable, _epochs, _counters, _meter, _clock.Noted, logger);
        }

        _rules = new QueryRules(options, space, _counters);
        _failures = new FailureMemo(options.FailureTimeToLive, _clock);
        _refresher = new Refresher(_counters);
        _maker = new EntryMaker(options, _exact, _durable, _epochs, _clock);
        _writes = new WriteQueue(_durable, options, _clock, _epochs, logger);
        _precedence = new Precedence(_exact, _writes);
        SharedFlights = new SharedFlights(_durable, _writes, _exact, _counters, options, _clock);
        _link = new StoreLink(_durable, _exact, _semantic, _writes, _epochs, options, _clock, logger);
        _clock.OnNote(_exact.DropEnded);
        _meter.Observe(GetStatistics);
    }

    /// <summary>The space of the embeddings this cache compares; null without a semantic tier.</summary>
    public EmbeddingSpace? EmbeddingSpace => _semantic?.Space;

    /// <summary>Smallest similarity of a semantic hit; NaN without a semantic tier.</summary>
    public float SimilarityThreshold => _semantic?.Threshold ?? float.NaN;

    internal SharedFlights SharedFlights { get; }

    internal CacheCounters Counters => _counters;

    internal bool IsRefreshing => _refresher.IsBusy;

    /// <summary>Name of the cache, as its options give it.</summary>
    public string Name => _options.Name;

    /// <summary>Opens a cache over a store. A store that cannot be reached yet does not keep it from opening: it works in memory until the store answers.</summary>
    /// <param name="options">How it behaves; copied and validated.</param>
    /// <param name="store">The truth. Stays the caller's, who disposes it after the cache.</param>
    /// <param name="embedder">Makes embeddings. Null: no semantic tier, unless <paramref name="services"/> names a space. Stays the caller's.</param>
    /// <param name="services">Time, logs, metrics. Null: defaults.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="ArgumentException">An option is out of its range, the embedder does not tell its dimensions, or there are keys of tenants and a directory for the index.</exception>
    public static async ValueTask<SemanticCache> OpenAsync(
        SemanticCacheOptions options,
        IDurableStore store,
        IEmbeddingGenerator<string, Embedding<float>>? embedder = null,
        SemanticCacheServices? services = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        options.Validate();
        var cache = new SemanticCache(options.Clone(), store, embedder, services ?? new SemanticCacheServices());
        if (options.Enabled)
            await cache._link.OpenAsync(cancellationToken).ConfigureAwait(false);
        return cache;
    }

    /// <summary>Looks an answer up.</summary>
    /// <param name="query">What is asked. A lent scope and the embedding must stay as they are until the lookup has completed.</param>
    /// <param name="cancellationToken">Cancels this caller's wait.</param>
    /// <exception cref="ArgumentException">The text is malformed UTF-16, or the embedding is not one of the cache's space.</exception>
    public ValueTask<CacheResult> GetAsync(in CacheQuery query, CancellationToken cancellationToken = default)
    {
        if (CacheTrace.IsOn)
            return TraceAsync(query, factory: null, cancellationToken);
        return LookUpAsync(query, cancellationToken);
    }

    /// <summary>Stores an answer. When it returns, this process serves it; <see cref="FlushAsync"/> tells when it is durable, which without it takes milliseconds.</summary>
    /// <param name="query">What the answer answers. An embedding in it spares embedding the text.</param>
    /// <param name="payload">The answer; copied.</param>
    /// <param name="options">How it is kept. Null: the cache's defaults.</param>
    /// <param name="cancellationToken">Cancels waiting for the embedding; what was stored until then stays.</param>
    /// <exception cref="ArgumentException">The text is malformed UTF-16, the embedding is not one of the cache's space, or an option is out of its range.</exception>
    public ValueTask SetAsync(in CacheQuery query, ReadOnlyMemory<byte> payload, CacheEntryOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= CacheEntryOptions.Default;
        options.Validate();
        _rules.Check(query);
        if (!_rules.MayKeep(query, payload.Length, options))
            return default;
        return StoreAsync(_maker.Make(query, payload.Span, options, _maker.Begin(), isKept: true), query, query.Embedding, cancellationToken);
    }

    /// <summary>Looks an answer up, and has it made on a miss: once for all who wait for the same key. When the maker is cancelled or fails, another takes over.</summary>
    /// <param name="query">What is asked.</param>
    /// <param name="factory">Makes the answer. Its exceptions reach the caller and are not remembered.</param>
    /// <param name="cancellationToken">Honoured at once, whoever makes the answer.</param>
    /// <returns>The answer. <see cref="CacheResult.IsHit"/> is false only for the caller whose factory made it.</returns>
    /// <exception cref="ArgumentException">The text is malformed UTF-16, or the embedding is not one of the cache's space.</exception>
    public ValueTask<CacheResult> GetOrCreateAsync(CacheQuery query, Func<CancellationToken, ValueTask<CacheAnswer>> factory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _rules.Check(query);
        return CacheTrace.IsOn ? TraceAsync(query, factory, cancellationToken) : LookUpOrCreateAsync(query, factory, cancellationToken);
    }

    /// <summary>Forgets the answer to exactly this request, in every tier.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="ArgumentException">The text is malformed UTF-16.</exception>
    public ValueTask<bool> RemoveAsync(in CacheQuery query, CancellationToken cancellationToken = default) => RemoveAsync(KeyOf(query), cancellationToken);

    /// <summary>Outdates every answer of a tenant that carries a tag. Nothing of it is served any more once the call has returned.</summary>
    /// <exception cref="ArgumentException">Tenant or tag is null, empty or malformed UTF-16.</exception>
    public ValueTask InvalidateTagAsync(string tenant, string tag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        ArgumentException.ThrowIfNullOrEmpty(tag);
        return AdvanceAsync(new EpochTarget(tenant, tag), cancellationToken);
    }

    /// <summary>Outdates every answer of a scope.</summary>
    public ValueTask InvalidateScopeAsync(CacheScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return AdvanceAsync(new EpochTarget(Scope: scope.Keep()), cancellationToken);
    }

    /// <summary>Outdates every answer of a tenant.</summary>
    /// <exception cref="ArgumentException">The tenant is null, empty or malformed UTF-16.</exception>
    public ValueTask InvalidateTenantAsync(string tenant, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        return AdvanceAsync(new EpochTarget(tenant), cancellationToken);
    }

    /// <summary>Outdates every answer of the store.</summary>
    public ValueTask InvalidateAllAsync(CancellationToken cancellationToken = default) => AdvanceAsync(new EpochTarget(), cancellationToken);

    /// <summary>The key of a query: for logs and tests. It is never permission to serve.</summary>
    /// <exception cref="ArgumentException">The text is malformed UTF-16.</exception>
    public CacheKey KeyOf(in CacheQuery query)
    {
        _rules.Check(query);
        using var reader = new KeyReader(query.Scope, query.Text, _durable.Seed);
        return reader.Key;
    }

    /// <summary>What the cache has done since it opened.</summary>
    public CacheStatistics GetStatistics() => _counters.Summarise(_exact, _semantic?.Count ?? 0, _writes.Counts);

    /// <summary>Completes when everything stored, removed or invalidated before is durable.</summary>
    /// <exception cref="TimeoutException">The store did not take it within <see cref="SemanticCacheOptions.DrainTimeout"/>; it still waits to be written.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        await _writes.FlushAsync().WaitAsync(_options.DrainTimeout, _clock.Time, cancellationToken).ConfigureAwait(false);
        _semantic?.Flush();
    }

    /// <summary>Writes what waits, within <see cref="SemanticCacheOptions.DrainTimeout"/>, and closes the index. Store and embedder stay the caller's.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _refresher.Dispose();
        await _link.DisposeAsync().ConfigureAwait(false);
        await SharedFlights.DisposeAsync().ConfigureAwait(false);
        await _writes.DisposeAsync().ConfigureAwait(false);
        _semantic?.Dispose();
        _meter.Dispose();
        _clock.Dispose();
    }

    /// <summary>What is wrong with the tiers, a sentence each.</summary>
    internal IEnumerable<string> Troubles() => _options.Enabled ? _durable.Troubles().Concat(_semantic?.Troubles() ?? []) : [];

    internal async ValueTask<bool> RemoveAsync(CacheKey key, CancellationToken cancellation)
    {
        var removal = PendingWrite.Forget(key);
        bool wasThere = _precedence.Remove(removal);
        _semantic?.Remove(key);
        return await _writes.ConfirmAsync(removal, cancellation).ConfigureAwait(false) || wasThere;
    }

    private ValueTask<CacheResult> LookUpAsync(in CacheQuery query, CancellationToken cancellationToken)
    {
        long[] row = _counters.Rows.Row;
        LookupStart start = CounterRows.IsSampled(row, SamplingPeriod) ? _clock.Start(SamplingPeriod) : default;
        CacheEntry? entry = FindExact(query, out CacheKey key);
        if (entry is null)
            return BeyondTableAsync(key, query, cancellationToken);
        _rules.CheckEmbedding(query);
        return new(ExactHit(entry, row, start));
    }

    private ValueTask<CacheResult> LookUpOrCreateAsync(in CacheQuery query, Func<CancellationToken, ValueTask<CacheAnswer>> factory, CancellationToken cancellationToken)
    {
        CacheEntry? entry = FindExact(query, out CacheKey key);
        if (entry is null)
            return CreateAsync(key, query, factory, cancellationToken);
        if (entry.IsStale)
            Refresh(key, query, factory);
        return new(ExactHit(entry));
    }

    /// <summary>The same, told to whoever listens.</summary>
    private async ValueTask<CacheResult> TraceAsync(CacheQuery query, Func<CancellationToken, ValueTask<CacheAnswer>>? factory, CancellationToken cancellation)
    {
        using Activity? activity = CacheTrace.LookUp(_options.Name);
        CacheResult result = factory is null
            ? await LookUpAsync(query, cancellation).ConfigureAwait(false)
            : await LookUpOrCreateAsync(query, factory, cancellation).ConfigureAwait(false);
        CacheTrace.Describe(activity, result);
        return result;
    }

    private CacheEntry? FindExact(in CacheQuery query, out CacheKey key)
    {
        ArgumentNullException.ThrowIfNull(query.Scope, nameof(query));
        key = default;
        if (!_rules.IsInBounds(query.Text))
            return null;
        AsciiDigest digest = _durable.Digest;
        UInt128 scope = query.Scope.DigestsUnder(digest.Seed).Scope;
        if (SampleIndex.Takes(query.Text.Length) && _exact.FindSampled(scope, query.Scope, query.Text) is { } sampled && Current(sampled) is not null)
        {
            key = sampled.Key;
            return sampled;
        }

        if (!digest.TryHash(scope, query.Text, out UInt128 hashed))
            return FindEncoded(query, digest.Seed, out key);
        key = new CacheKey(scope, hashed);
        return _exact.Find(hashed, query.Scope, query.Text) is { } entry ? Current(entry) : !SampleIndex.Takes(query.Text.Length) || Ascii.IsValid(query.Text) ? null : FindEncoded(query, digest.Seed, out key);
    }

    /// <summary>Finds a text that is not ASCII, for which its UTF-8 has to be written down.</summary>
    private CacheEntry? FindEncoded(in CacheQuery query, ulong seed, out CacheKey key)
    {
        using var reader = new KeyReader(query.Scope, query.Text, seed);
        key = reader.Key;
        return _exact.Find(key, query.Scope, reader.Text) is { } entry ? Current(entry) : null;
    }

    private CacheEntry? Current(CacheEntry entry)
    {
        if (entry.IsServable(_epochs))
            return entry;
        _exact.Remove(entry);
        return null;
    }

    /// <summary>What is in process beyond the table, without an await: a near text whose embedding is known is found as the very same one is.</summary>
    /// <remarks>Compiled apart from the look at the table: in one method with it, which the compiler makes of them if it may, a semantic hit took 8 % longer.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<CacheResult> BeyondTableAsync(CacheKey key, in CacheQuery query, CancellationToken cancellation)
    {
        QueryRules.CheckThreshold(query);
        cancellation.ThrowIfCancellationRequested();
        bool isAsked = _options.Enabled && _rules.IsInBounds(query.Text);
        if (!isAsked || _semantic is null || !_semantic.Admits(query))
        {
            _rules.CheckEmbedding(query);
            return isAsked ? BeyondMemoryAsync(key, query, isSemantic: false, _clock.Start(), cancellation) : new(Refused());
        }

        ReadOnlyMemory<float> vector = _semantic.KnownVectorOf(query);
        if (vector.IsEmpty)
            return BeyondMemoryAsync(key, query, isSemantic: true, _clock.Start(), cancellation);

        // Nothing has to be embedded, so the index in process comes before the store outside it.
        long[] row = _counters.Rows.Row;
        LookupStart start = CounterRows.IsSampled(row, SemanticSamplingPeriod) ? _clock.Start(SemanticSamplingPeriod) : default;
        SemanticMatch near;
        SemanticStep step;
        try
        {
            near = _semantic.Begin(key, query, vector.Span, out step);
        }
        catch (ArgumentException)
        {
            // The index checks the vector as it reads it, so that a good one is read once; here the complaint gets its words.
            _rules.CheckEmbedding(query);
            throw;
        }

        row[CounterRows.EmbeddingsSaved]++;
        return near.Entry is not null && !query.Policy.Shadow
            ? new(SemanticHit(near, key, start))
            : BeyondIndexAsync(key, query, vector, near, step, start, cancellation);
    }

    private async ValueTask<CacheResult> BeyondIndexAsync(
        CacheKey key, CacheQuery query, ReadOnlyMemory<float> vector, SemanticMatch begun, SemanticStep step, LookupStart start, CancellationToken cancellation)
    {
        SemanticMatch near = await _semantic!.EndAsync(begun, step, key, query, vector, cancellation).ConfigureAwait(false);
        if (near.Entry is not null && !query.Policy.Shadow)
            return SemanticHit(near, key, start);
        long stamp = _exact.StampOf(key);
        DurableAnswer answer = await _durable.FindAsync(key, query.Scope, cancellation).ConfigureAwait(false);
        return Taken(answer, query, stamp) is { } stored ? Hit(stored, HitKind.Durable, 1, start) : MissedBeside(near, vector, start);
    }

    private ValueTask<CacheResult> BeyondMemoryAsync(CacheKey key, in CacheQuery query, bool isSemantic, LookupStart start, CancellationToken cancellation)
    {
        long stamp = _exact.StampOf(key);
        ValueTask<DurableAnswer> reading = _durable.FindAsync(key, query.Scope, cancellation);
        if (!reading.IsCompletedSuccessfully)
            return AwaitStoreAsync(reading, stamp, key, query, isSemantic, start, cancellation);
        return Taken(reading.GetAwaiter().GetResult(), query, stamp) is { } stored
            ? new(Hit(stored, HitKind.Durable, 1, start))
            : BeyondStoreAsync(key, query, isSemantic, start, cancellation);
    }

    private async ValueTask<CacheResult> AwaitStoreAsync(
        ValueTask<DurableAnswer> reading, long stamp, CacheKey key, CacheQuery query, bool isSemantic, LookupStart start, CancellationToken cancellation) =>
        Taken(await reading.ConfigureAwait(false), query, stamp) is { } stored
            ? Hit(stored, HitKind.Durable, 1, start)
            : await BeyondStoreAsync(key, query, isSemantic, start, cancellation).ConfigureAwait(false);

    private async ValueTask<CacheResult> BeyondStoreAsync(CacheKey key, CacheQuery query, bool isSemantic, LookupStart start, CancellationToken cancellation)
    {
        ReadOnlyMemory<float> vector = isSemantic ? await _semantic!.EmbedAsync(query.Text, cancellation).ConfigureAwait(false) : default;
        if (vector.IsEmpty)
            return Missed(SemanticMatch.Nothing, default, start);
        SemanticMatch near = await _semantic!.FindAsync(key, query, vector, cancellation).ConfigureAwait(false);
        return near.Entry is not null && !query.Policy.Shadow ? SemanticHit(near, key, start) : MissedBeside(near, vector, start);
    }

    /// <summary>The store's answer, if it is one to exactly this request; the table holds it from now on.</summary>
    private CacheEntry? Taken(DurableAnswer answer, in CacheQuery query, long stamp)
    {
        if (answer.Entry is not { } stored || !stored.Answers(query.Scope, query.Text))
            return null;
        _exact.Promote(stored, stamp);
        return stored;
    }

    internal ValueTask AdvanceAsync(EpochTarget target, CancellationToken cancellation)
    {
        var advance = PendingWrite.Advance(target, _durable.Seed);
        _epochs.Advance(advance.Subject!.Value);
        _writes.Enqueue(advance);
        return new(_writes.ConfirmAsync(advance, cancellation));
    }
}
