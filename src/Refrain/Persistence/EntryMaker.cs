namespace Refrain;

/// <summary>Makes entries of answers: copies what is kept, sets their end, and notes what may outdate them.</summary>
internal sealed class EntryMaker(SemanticCacheOptions options, ExactTable exact, DurableTier durable, EpochTable epochs, MonotonicClock clock)
{
    private long _version;

    /// <summary>Marks when an answer begins to be made: whatever is invalidated or stored from now on is newer than it.</summary>
    internal MakingStart Begin() => new(epochs.Generation, Interlocked.Increment(ref _version));

    /// <param name="query">What the answer answers.</param>
    /// <param name="payload">The answer.</param>
    /// <param name="entryOptions">How it is kept; validated.</param>
    /// <param name="start">When the answer began to be made.</param>
    /// <param name="isKept">Whether the entry will be filed; one that is only handed to its caller needs neither text nor key.</param>
    internal CacheEntry Make(in CacheQuery query, ReadOnlySpan<byte> payload, CacheEntryOptions entryOptions, MakingStart start, bool isKept)
    {
        ulong seed = durable.Seed;
        (CacheKey key, CacheScope scope, byte[] text) = isKept ? Identify(query, seed) : (default, query.Scope.Keep(), []);
        long now = clock.NowTicks;
        long timeToLive = Math.Min((entryOptions.TimeToLive ?? options.TimeToLive).Ticks, options.TimeToLiveMax.Ticks);
        if (options.TimeToLiveJitter > 0)
            timeToLive -= (long)(timeToLive * options.TimeToLiveJitter * Random.Shared.NextDouble());
        long stale = Math.Min(entryOptions.StaleWhileRevalidate.Ticks, options.TimeToLiveMax.Ticks - timeToLive);
        SlidingTerm? slide = entryOptions.IdleTimeToLive is { } idle ? new SlidingTerm(idle.Ticks, now + timeToLive, now + timeToLive + stale) : null;
        long end = slide?.EndFrom(now) ?? now + timeToLive + stale;
        return new CacheEntry
        {
            Key = key,
            Scope = scope,
            Text = text,
            Payload = payload.ToArray(),
            CreatedTicks = now,
            FreshTicks = Math.Min(now + timeToLive, end),
            ExpiresTicks = end,
            Slide = slide,
            Cost = entryOptions.Cost,
            Epochs = epochs.NumbersFor(scope, entryOptions.Tags, seed, start.Generation),
            Clock = clock,
            Version = start.Version,
        };
    }

    /// <summary>The bytes of a request; where the table has them already, as there: what is stored again takes no more than its new answer.</summary>
    private (CacheKey Key, CacheScope Scope, byte[] Text) Identify(in CacheQuery query, ulong seed)
    {
        UInt128 scopeDigest = query.Scope.DigestsUnder(seed).Scope;
        if (durable.Digest is var digest && digest.Seed == seed && digest.TryHash(scopeDigest, query.Text, out UInt128 hashed)
            && exact.Peek(hashed) is { IsAscii: true } known && known.Key.Scope == scopeDigest && known.Answers(query.Scope, query.Text))
        {
            return (known.Key, known.Scope, known.Text);
        }

        CacheScope scope = query.Scope.Keep();
        byte[] text = CanonicalForm.ToUtf8(query.Text, nameof(query));
        return (KeyReader.KeyOf(scope, text, seed), scope, text);
    }
}
