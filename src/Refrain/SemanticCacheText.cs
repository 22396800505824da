using System.Text;

namespace Refrain;

/// <summary>The same verbs for questions and answers that are plain text.</summary>
public static class SemanticCacheText
{
    /// <summary>Looks a text up within a scope; <see cref="CacheResult.GetString"/> is the answer.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="scope">Everything that must be equal.</param>
    /// <param name="text">The question; not empty.</param>
    /// <param name="cancellationToken">Cancels this caller's wait.</param>
    /// <exception cref="ArgumentException">The text is empty or malformed UTF-16.</exception>
    public static ValueTask<CacheResult> GetAsync(this SemanticCache cache, CacheScope scope, string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        return cache.GetAsync(new CacheQuery(scope, text), cancellationToken);
    }

    /// <summary>Stores an answer, as UTF-8.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="scope">Everything that must be equal.</param>
    /// <param name="text">The question; not empty.</param>
    /// <param name="answer">The answer; may be empty.</param>
    /// <param name="options">How it is kept. Null: the cache's defaults.</param>
    /// <param name="cancellationToken">Cancels waiting for the embedding.</param>
    /// <exception cref="ArgumentException">The text is empty or malformed UTF-16, or an option is out of its range.</exception>
    public static ValueTask SetAsync(
        this SemanticCache cache, CacheScope scope, string text, string answer, CacheEntryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(answer);
        return cache.SetAsync(new CacheQuery(scope, text), Encoding.UTF8.GetBytes(answer), options, cancellationToken);
    }

    /// <summary>Looks a text up, and has the answer made on a miss: once for all who wait for it.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="scope">Everything that must be equal.</param>
    /// <param name="text">The question; not empty.</param>
    /// <param name="factory">Makes the answer. Its exceptions reach the caller.</param>
    /// <param name="options">How it is kept. Null: the cache's defaults.</param>
    /// <param name="cancellationToken">Honoured at once, whoever makes the answer.</param>
    /// <exception cref="ArgumentException">The text is empty or malformed UTF-16.</exception>
    public static ValueTask<CacheResult> GetOrCreateAsync(
        this SemanticCache cache,
        CacheScope scope,
        string text,
        Func<CancellationToken, ValueTask<string>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(factory);
        return cache.GetOrCreateAsync(
            new CacheQuery(scope, text),
            async token => new CacheAnswer(Encoding.UTF8.GetBytes(await factory(token).ConfigureAwait(false)), options),
            cancellationToken);
    }
}
