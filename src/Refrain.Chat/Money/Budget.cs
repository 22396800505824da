namespace Refrain.Chat;

/// <summary>
/// An amount of money that is never overspent: the worst case of a request is reserved before it is sent, and the real cost settled after.
/// Safe to use from many threads; each step is atomic.
/// </summary>
public sealed class Budget
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private decimal _limit;
    private decimal _spent;
    private decimal _reserved;
    private decimal _spentEver;
    private long _windowNumber;
    private bool _softReached;

    /// <summary>A budget of which nothing is spent.</summary>
    /// <param name="name">Name for messages and metrics.</param>
    /// <param name="limit">The most that a window may cost; from 0.</param>
    /// <param name="window">When it starts anew.</param>
    /// <param name="softLimit">From 0 to <paramref name="limit"/>: reaching it raises <see cref="SoftLimitReached"/>, and routers turn to cheaper routes. Null: none.</param>
    /// <param name="timeProvider">The clock of the windows. Null: the system's.</param>
    public Budget(string name, decimal limit, BudgetWindow window = BudgetWindow.Total, decimal? softLimit = null, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        if (softLimit is { } soft && (soft < 0 || soft > limit))
            throw new ArgumentOutOfRangeException(nameof(softLimit), soft, "A soft limit lies between 0 and the limit.");
        if (!Enum.IsDefined(window)) throw new ArgumentOutOfRangeException(nameof(window), window, "Unknown window.");
        Name = name;
        Window = window;
        SoftLimit = softLimit;
        _limit = limit;
        _time = timeProvider ?? TimeProvider.System;
        _windowNumber = NumberOf(_time.GetUtcNow());
    }

    /// <summary>Raised once a window, after its spending and reservations have reached <see cref="SoftLimit"/>. Handlers run on the thread of the request, outside any lock.</summary>
    public event EventHandler? SoftLimitReached;

    /// <summary>Name for messages and metrics.</summary>
    public string Name { get; }

    /// <summary>When it starts anew.</summary>
    public BudgetWindow Window { get; }

    /// <summary>The soft limit, or null.</summary>
    public decimal? SoftLimit { get; }

    /// <summary>The most that a window may cost.</summary>
    public decimal Limit { get { lock (_lock) return _limit; } }

    /// <summary>Settled in this window.</summary>
    public decimal Spent => Read(static budget => budget._spent);

    /// <summary>Reserved in this window and not settled yet.</summary>
    public decimal Reserved => Read(static budget => budget._reserved);

    /// <summary>Neither spent nor reserved; never negative.</summary>
    public decimal Remaining => Read(static budget => Math.Max(0, budget._limit - budget._spent - budget._reserved));

    /// <summary>Settled since the budget was made, in all windows.</summary>
    public decimal SpentEver => Read(static budget => budget._spentEver);

    /// <summary>Whether this window has reached the soft limit.</summary>
    public bool IsSoftLimitReached => Read(static budget => budget._softReached);

    /// <summary>When the present window ends, or null for <see cref="BudgetWindow.Total"/>.</summary>
    public DateTimeOffset? ResetsAt => EndOf(NumberOf(_time.GetUtcNow()));

    /// <summary>Raises the limit by an amount.</summary>
    /// <param name="amount">Positive.</param>
    public void Add(decimal amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(amount);
        lock (_lock) _limit += amount;
    }

    /// <summary>Sets an amount aside, if the window has room for it.</summary>
    /// <param name="amount">The worst case of a request; from 0.</param>
    /// <returns>The reservation, to be settled or disposed of; null if there is no room.</returns>
    public BudgetReservation? TryReserve(decimal amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        bool raise;
        long number;
        lock (_lock)
        {
            Roll();
            if (amount > _limit - _spent - _reserved) return null;
            _reserved += amount;
            raise = ReachesSoftLimit();
            number = _windowNumber;
        }

        if (raise) SoftLimitReached?.Invoke(this, EventArgs.Empty);
        return new BudgetReservation(this, amount, number);
    }

    internal BudgetExceededException Exceeded(decimal requested) => new(Name, Limit, Remaining, requested, ResetsAt);

    internal void Settle(decimal reserved, long windowNumber, decimal cost)
    {
        bool raise;
        lock (_lock)
        {
            Roll();
            _spentEver += cost;

            // A reservation of an earlier window went away with it; what it came to cost belongs to that window too.
            if (windowNumber != _windowNumber) return;
            _reserved -= reserved;
            _spent += cost;
            raise = ReachesSoftLimit();
        }

        if (raise) SoftLimitReached?.Invoke(this, EventArgs.Empty);
    }

    private bool ReachesSoftLimit()
    {
        if (_softReached || SoftLimit is not { } soft || _spent + _reserved < soft) return false;
        _softReached = true;
        return true;
    }

    private decimal Read(Func<Budget, decimal> what)
    {
        lock (_lock)
        {
            Roll();
            return what(this);
        }
    }

    private bool Read(Func<Budget, bool> what)
    {
        lock (_lock)
        {
            Roll();
            return what(this);
        }
    }

    private void Roll()
    {
        long number = NumberOf(_time.GetUtcNow());

        // A clock that goes back does not give the money back.
        if (number <= _windowNumber) return;
        _windowNumber = number;
        _spent = 0;
        _reserved = 0;
        _softReached = false;
    }

    private long NumberOf(DateTimeOffset now) => Window switch
    {
        BudgetWindow.Hour => now.UtcTicks / TimeSpan.TicksPerHour,
        BudgetWindow.Day => now.UtcTicks / TimeSpan.TicksPerDay,
        BudgetWindow.Month => (now.UtcDateTime.Year * 12L) + now.UtcDateTime.Month - 1,
        _ => 0,
    };

    private DateTimeOffset? EndOf(long number) => Window switch
    {
        BudgetWindow.Hour => new DateTimeOffset((number + 1) * TimeSpan.TicksPerHour, TimeSpan.Zero),
        BudgetWindow.Day => new DateTimeOffset((number + 1) * TimeSpan.TicksPerDay, TimeSpan.Zero),
        BudgetWindow.Month => new DateTimeOffset((int)((number + 1) / 12), (int)((number + 1) % 12) + 1, 1, 0, 0, 0, TimeSpan.Zero),
        _ => null,
    };
}
