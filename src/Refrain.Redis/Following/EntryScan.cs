using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>Walks through all entries, on every primary, no faster than allowed.</summary>
internal sealed class EntryScan(RedisLink link, RedisStoreOptions options, TimeProvider time, Attached attached, EntryReader read)
{
    private const int PageLength = 256;

    /// <summary>All entries, some perhaps twice.</summary>
    public async IAsyncEnumerable<StoredEntry> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        long count = 0;
        foreach (IServer server in await new Primaries(link, options, time).FindAsync(cancellationToken).ConfigureAwait(false))
        {
            await foreach (List<CacheKey> page in PagesAsync(server, cancellationToken).ConfigureAwait(false))
            {
                foreach (StoredEntry entry in await ReadAllAsync(attached, page, read, options.WriteTimeout, cancellationToken).ConfigureAwait(false))
                    yield return entry;

                count += page.Count;
                TimeSpan ahead = TimeSpan.FromSeconds((double)count / options.EnumerationRateMax) - time.GetElapsedTime(start);
                if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads many keys at once.</summary>
    /// <returns>What was there, in the order of the keys.</returns>
    public static async Task<List<StoredEntry>> ReadAllAsync(
        Attached attached, List<CacheKey> keys, EntryReader read, TimeSpan budget, CancellationToken cancellationToken)
    {
        var reads = new List<Task<StoredEntry?>>(keys.Count);
        foreach (CacheKey key in keys)
            reads.Add(read(attached, attached.Breaker(attached.Keys.ShardOf(key)), key, budget, cancellationToken).AsTask());

        var found = new List<StoredEntry>(keys.Count);
        foreach (StoredEntry? entry in await Task.WhenAll(reads).ConfigureAwait(false))
        {
            if (entry is { } there) found.Add(there);
        }

        return found;
    }

    private async IAsyncEnumerable<List<CacheKey>> PagesAsync(IServer server, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // KEYS is switched off in the command map, so this can only be SCAN.
        int database = link.Session?.Database.Database ?? 0;
        IAsyncEnumerator<RedisKey> keys = server.KeysAsync(database, attached.Keys.EntryPattern, PageLength).GetAsyncEnumerator(cancellationToken);
        await using ConfiguredAsyncDisposable _ = keys.ConfigureAwait(false);
        var page = new List<CacheKey>(PageLength);
        while (await MoveAsync(keys, cancellationToken).ConfigureAwait(false))
        {
            if (attached.Keys.TryParseEntry((byte[])keys.Current!, out CacheKey key)) page.Add(key);
            if (page.Count < PageLength) continue;
            yield return page;
            page.Clear();
        }

        if (page.Count > 0) yield return page;
    }

    private async Task<bool> MoveAsync(IAsyncEnumerator<RedisKey> keys, CancellationToken cancellationToken)
    {
        try
        {
            return await keys.MoveNextAsync().AsTask().WaitAsync(options.WriteTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            throw new RedisStoreUnavailableException("Redis stopped answering during an enumeration: what came so far is not everything.", exception);
        }
    }
}
