namespace Refrain.Redis;

/// <summary>
/// Money that several processes draw from and that is never overdrawn: each draws a share in one atomic step, spends only what it has drawn, and gives back the rest.
/// While Redis is away a process can still spend its share, and no more. What a process had drawn when it died stays drawn.
/// </summary>
/// <remarks>It lasts as long as Redis keeps it: an emptied Redis begins anew.</remarks>
public sealed class RedisBudget : IBudgetLedger
{
    private const decimal UnitsEach = 1_000_000m;

    /// <summary>How long a window is remembered after it was last drawn from.</summary>
    private static readonly TimeSpan WindowMemory = TimeSpan.FromDays(62);

    private readonly RedisStore _store;
    private readonly string _key;
    private readonly long _limit;

    /// <param name="store">Where it is kept, under the store's prefix.</param>
    /// <param name="name">1 to 64 letters, digits, dots, colons, dashes and underscores; the same in every process.</param>
    /// <param name="limit">The most that all processes together may have drawn, in the currency of the prices in use; from 0 to 9 × 10⁹, cut to millionths. The same in every process.</param>
    /// <exception cref="ArgumentException">The name has other characters.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    public RedisBudget(RedisStore store, string name, decimal limit)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > 64 || name.AsSpan().ContainsAnyExcept(RedisConnection.PrefixCharacters))
            throw new ArgumentException("A budget's name is 1 to 64 letters, digits, dots, colons, dashes and underscores.", nameof(name));
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 9_000_000_000m);
        _store = store;
        _key = $"{{budget}}:{name}";
        _limit = (long)(limit * UnitsEach);
    }

    /// <inheritdoc/>
    /// <remarks>The amount is rounded up to millionths.</remarks>
    /// <exception cref="ArgumentException">The window's name has other characters than a budget's, or more than 64.</exception>
    /// <exception cref="RedisStoreUnavailableException">No answer in time. The amount may have been drawn; it may not be spent.</exception>
    public async ValueTask<bool> TryDrawAsync(string window, decimal amount, CancellationToken cancellationToken = default)
    {
        string key = KeyOf(window);
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        if (amount * UnitsEach > _limit) return false;
        return await _store.EvaluateAsync(Scripts.Draw, key, [(long)Math.Ceiling(amount * UnitsEach), _limit, MemoryOf(window)], cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <inheritdoc/>
    /// <remarks>The amount is cut to millionths.</remarks>
    /// <exception cref="ArgumentException">The window's name has other characters than a budget's, or more than 64.</exception>
    /// <exception cref="RedisStoreUnavailableException">No answer in time. The amount may have been given back: trying again could give back more than was drawn.</exception>
    public async ValueTask GiveBackAsync(string window, decimal amount, CancellationToken cancellationToken = default)
    {
        string key = KeyOf(window);
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, 9_000_000_000m);
        await _store.EvaluateAsync(Scripts.GiveBack, key, [(long)(amount * UnitsEach), MemoryOf(window)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What all processes together have drawn from a window and not given back.</summary>
    /// <exception cref="ArgumentException">The window's name has other characters than a budget's, or more than 64.</exception>
    /// <exception cref="RedisStoreUnavailableException">No answer in time.</exception>
    public async ValueTask<decimal> GetDrawnAsync(string window, CancellationToken cancellationToken = default) =>
        await _store.EvaluateAsync(Scripts.GiveBack, KeyOf(window), [0L, MemoryOf(window)], cancellationToken).ConfigureAwait(false) / UnitsEach;

    private static long MemoryOf(string window) => window.Length == 0 ? 0 : (long)WindowMemory.TotalMilliseconds;

    private string KeyOf(string window)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (window.Length == 0) return _key;
        if (window.Length > 64 || window.AsSpan().ContainsAnyExcept(RedisConnection.PrefixCharacters))
            throw new ArgumentException("A window's name is up to 64 letters, digits, dots, colons, dashes and underscores.", nameof(window));
        return $"{_key}@{window}";
    }
}
