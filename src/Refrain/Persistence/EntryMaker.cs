namespace Refrain;

/// <summary>Makes entries of answers: copies what is kept, sets their end, and notes what may outdate them.</summary>
internal sealed class EntryMaker(SemanticCacheOptions options, DurableTier durable, EpochTable epochs, MonotonicClock clock)
{
    private long _version;

    /// <param name="query">What the answer answers.</param>
    /// <param name="payload">The answer.</param>
    /// <param name="entryOptions">How it is kept; validated.</param>
    /// <param name="generation">The epochs' generation when the answer began to be made.</param>
    /// <param name="isKept">Whether the entry will be filed; one that is only handed to its caller needs neither text nor key.</param>
    internal CacheEntry Make(in CacheQuery query, ReadOnlySpan<byte> payload, CacheEntryOptions entryOptions, long generation, bool isKept)
    {
        ulong seed = durable.Seed;
        CacheScope scope = query.Scope.Keep();
        byte[] text = isKept ? CanonicalForm.ToUtf8(query.Text, nameof(query)) : [];
        long now = clock.NowTicks;
        long timeToLive = Math.Min((entryOptions.TimeToLive ?? options.TimeToLive).Ticks, options.TimeToLiveMax.Ticks);
        if (options.TimeToLiveJitter > 0)
            timeToLive -= (long)(timeToLive * options.TimeToLiveJitter * Random.Shared.NextDouble());
        long stale = Math.Min(entryOptions.StaleWhileRevalidate.Ticks, options.TimeToLiveMax.Ticks - timeToLive);
        return new CacheEntry
        {
            Key = isKept ? KeyReader.KeyOf(scope, text, seed) : default,
            Scope = scope,
            Text = text,
            Payload = payload.ToArray(),
            CreatedTicks = now,
            FreshTicks = now + timeToLive,
            ExpiresTicks = now + timeToLive + stale,
            Cost = entryOptions.Cost,
            Epochs = epochs.NumbersFor(scope, entryOptions.Tags, seed, generation),
            Clock = clock,
            Version = Interlocked.Increment(ref _version),
        };
    }
}
