using System.Diagnostics;

namespace Refrain;

/// <content>The way of an answer that has to be made: once for all who wait, then into every tier.</content>
public sealed partial class SemanticCache
{
    private async ValueTask<CacheResult> CreateAsync(CacheKey key, CacheQuery query, Func<CancellationToken, ValueTask<CacheAnswer>> factory, CancellationToken cancellation)
    {
        LookupStart start = _clock.Start();
        if (!_options.Enabled || !_rules.IsInBounds(query.Text))
            return await MakeAsync(key, query, factory, cancellation).ConfigureAwait(false);

        // The work may outlive this call, if the caller leaves; a lent scope would not.
        query = query with { Scope = query.Scope.Keep() };
        var flight = new FlightKey(key.Digest, query.Scope, query.Text, query.Policy);
        _failures.ThrowIfKnown(flight);
        (CacheResult result, bool isShared) = await _flights.FlyAsync(flight, token => MakeAsync(key, query, factory, token), cancellation).ConfigureAwait(false);
        if (result is { IsHit: true, IsStale: true })
            Refresh(key, query, factory);
        if (!isShared || result.Entry is not { } entry)
            return result;
        _counters.SharedAnswers.Increment();
        return result.IsHit ? Hit(entry, result.Kind, result.Similarity, start) : ExactHit(entry);
    }

    private async ValueTask<CacheResult> MakeAsync(CacheKey key, CacheQuery query, Func<CancellationToken, ValueTask<CacheAnswer>> factory, CancellationToken cancellation)
    {
        // Another flight of this key may have landed between the caller's look at the table and this one.
        if (FindExact(query, out _) is { } landed)
            return ExactHit(landed);
        CacheResult found = await BeyondTableAsync(key, query, cancellation).ConfigureAwait(false);
        if (found.IsHit)
            return found;
        using CacheFlight flight = await SharedFlights.BeginAsync(key, query, cancellation).ConfigureAwait(false);
        if (flight.Result.IsHit)
            return flight.Result;
        CacheEntry entry = await CallAsync(key, query, found.Embedding, factory, cancellation).ConfigureAwait(false);
        return new CacheResult(entry, HitKind.None, found.Similarity, found.RefusedBy);
    }

    private async ValueTask<CacheEntry> CallAsync(
        CacheKey key, CacheQuery query, ReadOnlyMemory<float> vector, Func<CancellationToken, ValueTask<CacheAnswer>> factory, CancellationToken cancellation)
    {
        // What is invalidated while the answer is being made outdates it, and what is stored meanwhile is newer.
        MakingStart start = _maker.Begin();
        CacheAnswer made;
        using Activity? activity = CacheTrace.Create(_options.Name);
        try
        {
            made = await factory(cancellation).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            CacheTrace.Fail(activity, exception);
            _failures.Remember(new FlightKey(key.Digest, query.Scope.Keep(), query.Text, query.Policy), exception);
            throw;
        }

        activity?.Stop();
        CacheEntryOptions options = made.Options ?? CacheEntryOptions.Default;
        options.Validate();
        bool isKept = _rules.MayKeep(query, made.Payload.Length, options);
        CacheEntry entry = _maker.Make(query, made.Payload.Span, options, start, isKept);
        if (isKept)
            await StoreAsync(entry, query, vector, cancellation).ConfigureAwait(false);
        return entry;
    }

    private void Refresh(CacheKey key, CacheQuery query, Func<CancellationToken, ValueTask<CacheAnswer>> factory)
    {
        query = query with { Scope = query.Scope.Keep(), Embedding = query.Embedding.ToArray() };
        _refresher.Start(new FlightKey(key.Digest, query.Scope, query.Text, query.Policy), async token => await CallAsync(key, query, query.Embedding, factory, token).ConfigureAwait(false));
    }

    private ValueTask StoreAsync(CacheEntry entry, in CacheQuery query, ReadOnlyMemory<float> vector, CancellationToken cancellation)
    {
        if (_semantic is null)
        {
            vector = default;
        }
        else if (vector.IsEmpty && _semantic.Admits(query))
        {
            vector = _semantic.KnownVectorOf(query);
            if (vector.IsEmpty)
                return EmbedAndStoreAsync(entry, query.Text, cancellation);
            _counters.Rows.Row[CounterRows.EmbeddingsSaved]++;
        }

        if (_precedence.TryStore(entry, WriteOf(entry, vector)))
            Index(entry, vector);
        return default;
    }

    private async ValueTask EmbedAndStoreAsync(CacheEntry entry, string text, CancellationToken cancellation)
    {
        if (!_precedence.TryBegin(entry))
            return;
        try
        {
            ReadOnlyMemory<float> vector = await _semantic!.EmbedAsync(text, cancellation).ConfigureAwait(false);
            if (_precedence.TryFinish(entry, WriteOf(entry, vector)))
                Index(entry, vector);
        }
        finally
        {
            _precedence.GiveUp(entry);
        }
    }

    private PendingWrite WriteOf(CacheEntry entry, ReadOnlyMemory<float> vector) =>
        PendingWrite.Store(vector.IsEmpty ? entry : entry.With(StoredEmbedding.Of(vector.Span, _semantic!.Space.Digest)), SharedFlights.FenceOf(entry.Key));

    private void Index(CacheEntry entry, ReadOnlyMemory<float> vector)
    {
        if (!vector.IsEmpty)
            _semantic!.Add(entry.Key, vector.Span, entry.LatestEnd);
    }
}
