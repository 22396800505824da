using System.Globalization;

namespace Refrain.Chat;

/// <summary>
/// An amount of money that is never overspent: the worst case of a request is reserved before it is sent, and the real cost settled after.
/// Safe to use from many threads; each step is atomic.
/// </summary>
public sealed class Budget
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly IBudgetLedger? _ledger;
    private readonly decimal _share;
    private Exception? _ledgerFailure;
    private Task<bool>? _drawing;
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

    /// <summary>A budget that several processes share: this one spends only what it has drawn from the ledger, and draws more when it runs short.</summary>
    /// <param name="name">Name for messages and metrics.</param>
    /// <param name="ledger">Where all processes draw from.</param>
    /// <param name="share">How much is drawn at a time; positive. A large share asks the ledger seldom, a small one leaves more to the other processes.</param>
    /// <param name="window">When it starts anew; the ledger keeps each window by itself.</param>
    /// <param name="timeProvider">The clock of the windows. Null: the system's.</param>
    public Budget(string name, IBudgetLedger ledger, decimal share, BudgetWindow window = BudgetWindow.Total, TimeProvider? timeProvider = null)
        : this(name, limit: 0, window, softLimit: null, timeProvider)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        _ledger = ledger;
        _share = share;
    }

    /// <summary>Raised once a window, after its spending and reservations have reached <see cref="SoftLimit"/>. Handlers run on the thread of the request, outside any lock.</summary>
    public event EventHandler? SoftLimitReached;

    /// <summary>Name for messages and metrics.</summary>
    public string Name { get; }

    /// <summary>When it starts anew.</summary>
    public BudgetWindow Window { get; }

    /// <summary>The soft limit, or null.</summary>
    public decimal? SoftLimit { get; }

    /// <summary>The most that a window may cost. With a ledger: what this process has drawn from it so far, which says nothing of what all processes together may spend.</summary>
    public decimal Limit { get { lock (_lock) return _limit; } }

    /// <summary>Settled in this window.</summary>
    public decimal Spent => Read(static budget => budget._spent);

    /// <summary>Reserved in this window and not settled yet.</summary>
    public decimal Reserved => Read(static budget => budget._reserved);

    /// <summary>Neither spent nor reserved; never negative. With a ledger: of what this process has drawn.</summary>
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

    /// <summary>Sets an amount aside, if the window has room for it, or if the ledger gives what is missing.</summary>
    /// <param name="amount">The worst case of a request; from 0.</param>
    /// <param name="cancellationToken">Ends the wait for the ledger.</param>
    /// <returns>The reservation, to be settled or disposed of; null if there is no room. A ledger that fails gives nothing.</returns>
    public ValueTask<BudgetReservation?> TryReserveAsync(decimal amount, CancellationToken cancellationToken = default)
    {
        BudgetReservation? reservation = TryReserve(amount);
        return reservation is not null || _ledger is null ? new(reservation) : DrawAndReserveAsync(_ledger, amount, cancellationToken);
    }

    /// <summary>Gives back to the ledger what is neither spent nor reserved, when the process ends. Without a ledger it does nothing.</summary>
    /// <param name="cancellationToken">Ends the wait; the money may then have been given back.</param>
    public async ValueTask GiveBackAsync(CancellationToken cancellationToken = default)
    {
        if (_ledger is null) return;
        decimal unspent;
        string window;
        lock (_lock)
        {
            Roll();
            window = NameOf(_windowNumber);
            unspent = Math.Max(0, _limit - _spent - _reserved);
            _limit -= unspent;
        }

        if (unspent > 0) await _ledger.GiveBackAsync(window, unspent, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets an amount aside, if the window has room for it. It asks no ledger.</summary>
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

    internal BudgetExceededException Exceeded(decimal requested) => new(Name, Limit, Remaining, requested, ResetsAt, _ledger is not null, Volatile.Read(ref _ledgerFailure));

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

    private async ValueTask<BudgetReservation?> DrawAndReserveAsync(IBudgetLedger ledger, decimal amount, CancellationToken cancellationToken)
    {
        while (true)
        {
            // One at a time: a hundred callers who find the purse empty need one share, not a hundred.
            Task<bool> drawing;
            bool isMine;
            lock (_lock)
            {
                isMine = _drawing is not { IsCompleted: false };
                if (isMine) _drawing = DrawAsync(ledger, amount);
                drawing = _drawing!;
            }

            bool drawn = await drawing.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (TryReserve(amount) is { } reservation) return reservation;
            if (isMine && !drawn) return null;
        }
    }

    /// <summary>Draws a share, or what is missing where that is more, or where a share is no longer to be had. It belongs to no caller, so none can break it off.</summary>
    private async Task<bool> DrawAsync(IBudgetLedger ledger, decimal amount)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        decimal missing = Math.Max(amount - Remaining, 0);
        return await TryDrawAsync(ledger, Math.Max(_share, missing)).ConfigureAwait(false)
            || (missing > 0 && missing < _share && await TryDrawAsync(ledger, missing).ConfigureAwait(false));
    }

    private async Task<bool> TryDrawAsync(IBudgetLedger ledger, decimal amount)
    {
        try
        {
            long number = NumberOf(_time.GetUtcNow());
            bool drawn = await ledger.TryDrawAsync(NameOf(number), amount, CancellationToken.None).ConfigureAwait(false);
            Volatile.Write(ref _ledgerFailure, null);
            lock (_lock)
            {
                Roll();
                if (drawn && number == _windowNumber) _limit += amount;
            }

            return drawn;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Volatile.Write(ref _ledgerFailure, e);
            return false;
        }
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

        // What was drawn for a window is spent in it, or is over with it.
        if (_ledger is not null) _limit = 0;
    }

    private long NumberOf(DateTimeOffset now) => Window switch
    {
        BudgetWindow.Hour => now.UtcTicks / TimeSpan.TicksPerHour,
        BudgetWindow.Day => now.UtcTicks / TimeSpan.TicksPerDay,
        BudgetWindow.Month => (now.UtcDateTime.Year * 12L) + now.UtcDateTime.Month - 1,
        _ => 0,
    };

    /// <summary>The window as the ledger knows it: equal in every process, and as long as it lasts.</summary>
    private string NameOf(long number) => Window switch
    {
        BudgetWindow.Hour => new DateTime(number * TimeSpan.TicksPerHour).ToString("yyyy-MM-dd'T'HH", CultureInfo.InvariantCulture),
        BudgetWindow.Day => new DateTime(number * TimeSpan.TicksPerDay).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        BudgetWindow.Month => new DateTime((int)(number / 12), (int)(number % 12) + 1, 1).ToString("yyyy-MM", CultureInfo.InvariantCulture),
        _ => "",
    };

    private DateTimeOffset? EndOf(long number) => Window switch
    {
        BudgetWindow.Hour => new DateTimeOffset((number + 1) * TimeSpan.TicksPerHour, TimeSpan.Zero),
        BudgetWindow.Day => new DateTimeOffset((number + 1) * TimeSpan.TicksPerDay, TimeSpan.Zero),
        BudgetWindow.Month => new DateTimeOffset((int)((number + 1) / 12), (int)((number + 1) % 12) + 1, 1, 0, 0, 0, TimeSpan.Zero),
        _ => null,
    };
}
