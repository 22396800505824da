namespace Refrain.Redis;

/// <summary>
/// Money that several processes draw from and that is never overdrawn: each draws a share in one atomic step, spends only what it has drawn, and gives back the rest.
/// While Redis is away a process can still spend its share, and no more. What a process had drawn when it died stays drawn.
/// </summary>
/// <remarks>It lasts as long as Redis keeps it: an emptied Redis begins anew.</remarks>
public sealed class RedisBudget : IBudgetLedger
{
    private const decimal UnitsEach = 1_000_000m;

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

    /// <summary>Takes an amount for this process, if that much is left.</summary>
    /// <param name="amount">From 0; rounded up to millionths.</param>
    /// <param name="cancellationToken">Ends the waiting; the amount may then have been drawn.</param>
    /// <returns>False if less is left; then nothing was drawn.</returns>
    /// <exception cref="RedisStoreUnavailableException">No answer in time. The amount may have been drawn; it may not be spent.</exception>
    public async ValueTask<bool> TryDrawAsync(decimal amount, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        if (amount * UnitsEach > _limit) return false;
        return await _store.EvaluateAsync(Scripts.Draw, _key, [(long)Math.Ceiling(amount * UnitsEach), _limit], cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>Gives back what was drawn and not spent.</summary>
    /// <param name="amount">From 0, and no more than was drawn; cut to millionths.</param>
    /// <param name="cancellationToken">Ends the waiting; the amount may then have been given back, so do not try again.</param>
    /// <exception cref="RedisStoreUnavailableException">No answer in time. The amount may have been given back: trying again could give back more than was drawn.</exception>
    public async ValueTask GiveBackAsync(decimal amount, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, 9_000_000_000m);
        await _store.EvaluateAsync(Scripts.GiveBack, _key, [(long)(amount * UnitsEach)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What all processes together have drawn and not given back.</summary>
    /// <exception cref="RedisStoreUnavailableException">No answer in time.</exception>
    public async ValueTask<decimal> GetDrawnAsync(CancellationToken cancellationToken = default) =>
        await _store.EvaluateAsync(Scripts.GiveBack, _key, [0L], cancellationToken).ConfigureAwait(false) / UnitsEach;
}
