namespace Refrain.Sqlite;

/// <summary>
/// Money that lasts over restarts, and that the processes on one file draw from without overdrawing it. What a process had drawn when it died stays drawn.
/// </summary>
public sealed class SqliteBudget : IBudgetLedger
{
    private const decimal UnitsEach = 1_000_000m;
    private const decimal Most = 9_000_000_000m;

    private readonly SqliteStore _store;
    private readonly string _name;
    private readonly long _limit;

    /// <param name="store">Where it is kept.</param>
    /// <param name="name">Its name; not empty, the same in every process.</param>
    /// <param name="limit">The most that may be drawn from a window, in the currency of the prices in use; from 0 to 9 × 10⁹, cut to millionths.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    public SqliteBudget(SqliteStore store, string name, decimal limit)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, Most);
        _store = store;
        _name = name;
        _limit = (long)(limit * UnitsEach);
    }

    /// <inheritdoc/>
    /// <remarks>The amount is rounded up to millionths. A window is forgotten 62 days after it was last drawn from.</remarks>
    /// <exception cref="IOException">The file cannot be written; nothing was drawn.</exception>
    public async ValueTask<bool> TryDrawAsync(string window, decimal amount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(window);
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        if (amount * UnitsEach > _limit)
            return false;
        long units = (long)Math.Ceiling(amount * UnitsEach);
        return await _store.WriteAsync(writer => writer.Draw(_name, window, units, _limit), cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <inheritdoc/>
    /// <remarks>The amount is cut to millionths.</remarks>
    /// <exception cref="IOException">The file cannot be written; nothing was given back.</exception>
    public async ValueTask GiveBackAsync(string window, decimal amount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(window);
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, Most);
        await _store.WriteAsync(writer => writer.GiveBack(_name, window, (long)(amount * UnitsEach)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What was drawn from a window and not given back.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async ValueTask<decimal> GetDrawnAsync(string window, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(window);
        return await _store.WriteAsync(writer => writer.GiveBack(_name, window, 0), cancellationToken).ConfigureAwait(false) / UnitsEach;
    }
}
