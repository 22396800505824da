using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using Refrain.Vectors;

namespace Refrain;

/// <summary>Nearest stored text within the angle, inside the scope, past the guards.</summary>
internal sealed class SemanticTier : IDisposable
{
    /// <summary>How many near texts are looked at before it counts as a miss.</summary>
    internal const int CandidateCountMax = 8;

    /// <summary>The threshold of a space that nobody calibrated.</summary>
    internal const float UncalibratedThreshold = 0.95f;

    private readonly SemanticCacheOptions _options;
    private readonly ExactTable _exact;
    private readonly DurableTier _durable;
    private readonly EpochTable _epochs;
    private readonly CacheCounters _counters;
    private readonly CacheMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Embedder? _embedder;
    private readonly BoundIndex _index;
    private readonly ObjectPool<TextFeatures> _features = ObjectPool.Create<TextFeatures>();
    private int _failureLogged;

    internal SemanticTier(
        EmbeddingSpace space, Embedder? embedder, SemanticCacheOptions options, ExactTable exact, DurableTier durable, EpochTable epochs, CacheCounters counters, CacheMeter meter, TimeProvider time, ILogger logger)
    {
        Space = space;
        Threshold = options.SimilarityThreshold ?? space.SimilarityThreshold ?? UncalibratedThreshold;
        _embedder = embedder;
        _options = options;
        _exact = exact;
        _durable = durable;
        _epochs = epochs;
        _counters = counters;
        _meter = meter;
        _time = time;
        _logger = logger;
        _index = new BoundIndex(space, options, exact, time, logger);
    }

    internal EmbeddingSpace Space { get; }

    internal float Threshold { get; }

    internal int Count => _index.Current?.Count ?? 0;

    /// <summary>Whether this query may be answered by a near text at all.</summary>
    internal bool Admits(in CacheQuery query) => query.Policy.Semantic && Space.Covers(query.Text);

    /// <summary>The query's vector, where nothing has to be embedded for it.</summary>
    internal ReadOnlyMemory<float> KnownVectorOf(in CacheQuery query)
    {
        if (!query.Embedding.IsEmpty)
            return query.Embedding;
        return _embedder is not null && _embedder.TryRecall(query.Text, out float[]? vector) ? vector : default;
    }

    internal async ValueTask<ReadOnlyMemory<float>> EmbedAsync(string text, CancellationToken cancellation) =>
        _embedder is null ? default : await _embedder.EmbedAsync(text, cancellation).ConfigureAwait(false);

    /// <summary>The nearest entry of the scope that may answer.</summary>
    internal ValueTask<SemanticMatch> FindAsync(CacheKey asked, in CacheQuery query, ReadOnlyMemory<float> vector, CancellationToken cancellation) =>
        EndAsync(Begin(asked, query, vector.Span, out SemanticStep step), step, asked, query, vector, cancellation);

    /// <summary>The same, as far as the tiers in process know.</summary>
    /// <param name="asked">The query's key.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="vector">Its vector.</param>
    /// <param name="step">For <see cref="EndAsync"/>, unless an entry is returned.</param>
    /// <exception cref="ArgumentException">The vector is none of the space.</exception>
    internal SemanticMatch Begin(CacheKey asked, in CacheQuery query, ReadOnlySpan<float> vector, out SemanticStep step)
    {
        long started = _meter.MeasuresSemantic ? _time.GetTimestamp() : 0;
        SemanticMatch match = SemanticMatch.Nothing;
        VectorMatch nearest = default;
        bool isNear = false;
        if (_index.Current is { } index)
        {
            isNear = index.TryFind(asked.Scope, vector, query.Policy.SimilarityThreshold ?? Threshold, out nearest);
            match = isNear && _exact.Find(new CacheKey(asked.Scope, nearest.Key)) is { } entry && entry.IsServable(_epochs)
                ? Judge(asked, query, nearest, entry)
                : new SemanticMatch(null, nearest.Similarity, Guards.None);
        }

        bool isDone = !isNear || match.Entry is not null;
        if (isDone && started != 0)
            _meter.Semantic(_time.GetElapsedTime(started));
        step = new SemanticStep(nearest, isDone, started);
        return match;
    }

    /// <summary>What <see cref="Begin"/> left to be done, if anything.</summary>
    internal ValueTask<SemanticMatch> EndAsync(
        SemanticMatch begun, in SemanticStep step, CacheKey asked, in CacheQuery query, ReadOnlyMemory<float> vector, CancellationToken cancellation) =>
        step.IsDone ? new(begun) : ContinueAsync(begun, step, asked, query, vector, cancellation);

    private async ValueTask<SemanticMatch> ContinueAsync(
        SemanticMatch begun, SemanticStep step, CacheKey asked, CacheQuery query, ReadOnlyMemory<float> vector, CancellationToken cancellation)
    {
        SemanticMatch first = begun.RefusedBy == Guards.None ? await ConsiderAsync(asked, query, step.Nearest, cancellation).ConfigureAwait(false) : begun;
        SemanticMatch found = first.Entry is null && _index.Current is { } index
            ? await FindAmongNearAsync(index, query, vector, asked, step.Nearest.Key, first, cancellation).ConfigureAwait(false)
            : first;
        if (step.Started != 0)
            _meter.Semantic(_time.GetElapsedTime(step.Started));
        return found;
    }

    /// <summary>Takes an entry's vector into the index.</summary>
    internal void Add(CacheKey key, ReadOnlySpan<float> vector, DateTimeOffset expiresAt)
    {
        if (_index.Current is { } index && !index.Add(key.Scope, key.Digest, vector, expiresAt))
            Refused();
    }

    /// <summary>Takes the vector of an entry of the store into the index, if it is of this space and not there yet.</summary>
    /// <returns>Whether it was taken.</returns>
    internal bool AddStored(CacheEntry entry)
    {
        if (entry.Embedding is not { } embedding || embedding.SpaceDigest != Space.Digest || embedding.Dimensions != Space.Dimensions)
            return false;
        if (_index.Current is not { } index || index.Contains(entry.Key.Scope, entry.Key.Digest))
            return false;
        Add(entry.Key, embedding.ToFloats(), entry.ExpiresAt);
        return true;
    }

    /// <summary>The embedding of an entry, as the index has it; null if it has none.</summary>
    internal StoredEmbedding? EmbeddingOf(CacheKey key)
    {
        var vector = new float[Space.Dimensions];
        return _index.Current is { } index && index.TryGetVector(key.Scope, key.Digest, vector) ? StoredEmbedding.Of(vector, Space.Digest) : null;
    }

    internal void Remove(CacheKey key) => _index.Current?.Remove(key.Scope, key.Digest);

    internal IEnumerable<CacheKey> Keys() => _index.Current?.EnumerateKeys().Select(static pair => new CacheKey(pair.Namespace, pair.Key)) ?? [];

    /// <summary>Takes the index that belongs to a store's seed; null while the store has not told it.</summary>
    internal void Bind(ulong? seed) => _index.Bind(seed);

    /// <summary>Writes the index to its file. A disk that fails costs a rebuild at the next start, nothing else.</summary>
    internal void Flush()
    {
        try
        {
            _index.Current?.Flush();
        }
        catch (IOException exception)
        {
            _counters.IndexFailures.Increment();
            if (Interlocked.Exchange(ref _failureLogged, 1) == 0)
                Log.IndexFailed(_logger, exception, _options.Name, "flush");
        }
    }

    public void Dispose() => _index.Dispose();

    /// <summary>What is wrong, a sentence each.</summary>
    internal IEnumerable<string> Troubles()
    {
        if (_embedder is { IsFailing: true })
            yield return "The embedder fails; hits are exact only.";
        if (_index.IsDetached)
            yield return "The index file failed; the index is kept in memory.";
    }

    /// <summary>The first near text was refused or gone: another may still do.</summary>
    private async ValueTask<SemanticMatch> FindAmongNearAsync(
        VectorIndex index, CacheQuery query, ReadOnlyMemory<float> vector, CacheKey asked, UInt128 considered, SemanticMatch first, CancellationToken cancellation)
    {
        var near = new VectorMatch[CandidateCountMax];
        int count = index.Find(asked.Scope, vector.Span, near, query.Policy.SimilarityThreshold ?? Threshold);
        for (int i = 0; i < count; i++)
        {
            if (near[i].Key == considered)
                continue;
            SemanticMatch next = await ConsiderAsync(asked, query, near[i], cancellation).ConfigureAwait(false);
            if (next.Entry is not null)
                return next;
            if (first.RefusedBy == Guards.None)
                first = next;
        }

        return first;
    }

    private async ValueTask<SemanticMatch> ConsiderAsync(CacheKey asked, CacheQuery query, VectorMatch match, CancellationToken cancellation)
    {
        var key = new CacheKey(asked.Scope, match.Key);
        CacheEntry? entry = _exact.Find(key);
        if (entry is null)
        {
            long stamp = _exact.StampOf(key);
            DurableAnswer answer = await _durable.FindAsync(key, query.Scope, cancellation).ConfigureAwait(false);
            entry = answer.Entry;
            if (answer.IsAbsent)
                Remove(key);
            if (entry is not null)
                _exact.Promote(entry, stamp);
        }
        else if (!entry.IsServable(_epochs))
        {
            Remove(key);
            entry = null;
        }

        return entry is null ? new SemanticMatch(null, match.Similarity, Guards.None) : Judge(asked, query, match, entry);
    }

    /// <summary>Whether a near entry, current and not over, may answer.</summary>
    private SemanticMatch Judge(CacheKey asked, in CacheQuery query, VectorMatch match, CacheEntry entry)
    {
        if (!entry.Scope.Equals(query.Scope))
            return new SemanticMatch(null, match.Similarity, Guards.None);
        Guards refusedBy = IsReported(asked, match.Key) ? Guards.Reported : Guard(query, entry);
        if (refusedBy == Guards.None)
            return new SemanticMatch(entry, match.Similarity, Guards.None);
        _counters.Refuse(refusedBy);
        return new SemanticMatch(null, match.Similarity, refusedBy);
    }

    private bool IsReported(CacheKey asked, UInt128 stored) =>
        !_epochs.IsEmpty && _epochs.NumberOf(EpochSubject.OfPair(asked.Scope, asked.Digest, stored, _durable.Seed)) > 0;

    private Guards Guard(in CacheQuery query, CacheEntry entry)
    {
        Guards enabled = query.Policy.Guards ?? _options.Guards;
        if (enabled == Guards.None)
            return Guards.None;
        TextFeatures stored = entry.Features as TextFeatures ?? (TextFeatures)(entry.Features = GuardRail.Read(CanonicalForm.ToText(entry.Text)));
        TextFeatures asked = _features.Get();
        GuardRail.Read(query.Text, asked);
        Guards refusedBy = GuardRail.Check(asked, stored, enabled);

        // Not where it throws: a pool may lose an object, but must not be given one in disorder.
        _features.Return(asked);
        return refusedBy;
    }

    /// <summary>The index is full, or its disk is.</summary>
    private void Refused()
    {
        _counters.IndexFailures.Increment();
        if (Interlocked.Exchange(ref _failureLogged, 1) == 0)
            Log.IndexFull(_logger, _options.Name, Count);
    }
}
