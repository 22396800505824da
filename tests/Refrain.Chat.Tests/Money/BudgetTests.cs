using CsCheck;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Chat.Tests;

public sealed class BudgetTests
{
    private readonly Lock _callersLock = new();

    [Fact]
    public void Money_is_reserved_then_settled()
    {
        var budget = new Budget("b", 10);
        using BudgetReservation reservation = budget.TryReserve(4)!;
        Assert.Equal((0m, 4m, 6m), (budget.Spent, budget.Reserved, budget.Remaining));
        reservation.Settle(1.5m);
        Assert.Equal((1.5m, 0m, 8.5m), (budget.Spent, budget.Reserved, budget.Remaining));
        reservation.Settle(1.5m);
        reservation.Dispose();
        Assert.Equal(1.5m, budget.Spent);
    }

    [Fact]
    public void An_aborted_request_gives_its_reservation_back()
    {
        var budget = new Budget("b", 10);
        using (budget.TryReserve(4)) Assert.Equal(6, budget.Remaining);
        Assert.Equal(10, budget.Remaining);
    }

    [Fact]
    public void Nothing_is_reserved_beyond_the_limit()
    {
        var budget = new Budget("b", 10);
        Assert.NotNull(budget.TryReserve(10));
        Assert.Null(budget.TryReserve(0.0000001m));
        Assert.NotNull(budget.TryReserve(0));
    }

    [Fact]
    public void A_negative_amount_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget("b", -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget("b", 1, softLimit: 2));
        var budget = new Budget("b", 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.TryReserve(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.TryReserve(1)!.Settle(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Add(0));
    }

    [Theory]
    [InlineData(BudgetWindow.Hour, "2026-02-28T23:00:00Z")]
    [InlineData(BudgetWindow.Day, "2026-03-01T00:00:00Z")]
    [InlineData(BudgetWindow.Month, "2026-03-01T00:00:00Z")]
    public void A_window_starts_anew_when_it_says(BudgetWindow window, string resetsAt)
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-02-28T22:59:59Z"));
        var budget = new Budget("b", 10, window, timeProvider: time);
        budget.TryReserve(10)!.Settle(10);
        Assert.Equal(DateTimeOffset.Parse(resetsAt), budget.ResetsAt);
        Assert.Null(budget.TryReserve(1));
        time.SetUtcNow(DateTimeOffset.Parse(resetsAt));
        Assert.NotNull(budget.TryReserve(10));
        Assert.Equal(10, budget.SpentEver);
    }

    [Fact]
    public void December_is_followed_by_January()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-12-31T12:00:00Z"));
        Assert.Equal(DateTimeOffset.Parse("2027-01-01T00:00:00Z"), new Budget("b", 1, BudgetWindow.Month, timeProvider: time).ResetsAt);
    }

    [Fact]
    public void What_was_reserved_in_an_earlier_window_does_not_burden_the_next()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-01T00:59:59Z"));
        var budget = new Budget("b", 10, BudgetWindow.Hour, timeProvider: time);
        BudgetReservation late = budget.TryReserve(8)!;
        time.Advance(TimeSpan.FromSeconds(2));
        BudgetReservation next = budget.TryReserve(10)!;
        late.Settle(7);
        Assert.Equal((0m, 10m, 7m), (budget.Spent, budget.Reserved, budget.SpentEver));
        next.Settle(1);
        Assert.Equal((1m, 0m), (budget.Spent, budget.Reserved));
    }

    [Fact]
    public void The_soft_limit_is_told_once_a_window()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-01T00:00:00Z"));
        var budget = new Budget("b", 10, BudgetWindow.Hour, softLimit: 5, time);
        int told = 0;
        budget.SoftLimitReached += (_, _) => told++;
        budget.TryReserve(4)!.Settle(4);
        Assert.Equal((0, false), (told, budget.IsSoftLimitReached));
        budget.TryReserve(1)!.Settle(1);
        budget.TryReserve(1)!.Settle(1);
        Assert.Equal((1, true), (told, budget.IsSoftLimitReached));
        time.Advance(TimeSpan.FromHours(1));
        Assert.False(budget.IsSoftLimitReached);
        budget.TryReserve(6)!.Settle(6);
        Assert.Equal(2, told);
    }

    // Goal: whatever the interleaving, spent and reserved together never exceed the limit. Method: parallel operations, watched all the while.
    [Fact]
    public async Task Two_hundred_concurrent_callers_never_overspend()
    {
        var budget = new Budget("b", 5m);
        decimal most = 0;
        int served = 0;
        Task[] callers = [.. Enumerable.Range(0, 200).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 50; i++)
            {
                decimal worst = random.Next(1, 100) / 100m;
                if (budget.TryReserve(worst) is not { } reservation) continue;
                lock (_callersLock) most = Math.Max(most, budget.Spent + budget.Reserved);
                Thread.Yield();
                if (random.Next(4) == 0) reservation.Dispose();
                else reservation.Settle(worst * random.Next(0, 101) / 100m);
                Interlocked.Increment(ref served);
            }
        }))];
        await Task.WhenAll(callers);
        Assert.True(served > 10);
        Assert.InRange(most, 0, 5m);
        Assert.InRange(budget.Spent, 0, 5m);
        Assert.Equal(0, budget.Reserved);
    }

    [Fact]
    public void Any_sequence_of_steps_agrees_with_a_ledger()
    {
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, 3]).List[1, 60].Sample(steps =>
        {
            var budget = new Budget("b", 3m);
            decimal spent = 0;
            var open = new List<BudgetReservation>();
            foreach ((int cents, int step) in steps)
            {
                decimal amount = cents / 100m;
                if (step < 2)
                {
                    bool fits = spent + open.Sum(reservation => reservation.Amount) + amount <= 3m;
                    BudgetReservation? made = budget.TryReserve(amount);
                    Assert.Equal(fits, made is not null);
                    if (made is not null) open.Add(made);
                }
                else if (open.Count > 0)
                {
                    BudgetReservation first = open[0];
                    open.RemoveAt(0);
                    decimal cost = step == 2 ? first.Amount / 2 : 0;
                    if (step == 2) first.Settle(cost);
                    else first.Dispose();
                    spent += cost;
                }

                Assert.Equal((spent, open.Sum(reservation => reservation.Amount)), (budget.Spent, budget.Reserved));
            }
        });
    }

    // Goal: whatever two threads do at once, the outcome is one that some order of their steps would have had. Method: CsCheck runs the steps in parallel and
    // looks for such an order. Reserving and settling what was reserved are two steps: here each stands alone.
    [Fact]
    public void Steps_in_parallel_are_steps_in_some_order() => Gen.Const(() => new Budget("b", 1m)).SampleParallel(
        Gen.Int[0, 60].Operation<Budget>((budget, cents) => budget.TryReserve(cents / 100m)),
        Gen.Int[0, 10].Operation<Budget>((budget, cents) => budget.Settle(cents / 100m, 0, cents / 200m)),
        Gen.Int[1, 10].Operation<Budget>((budget, cents) => budget.Add(cents / 100m)),
        equal: static (x, y) => (x.Limit, x.Spent, x.Reserved, x.SpentEver) == (y.Limit, y.Spent, y.Reserved, y.SpentEver),
        print: static budget => $"{budget.Spent} of {budget.Limit}, {budget.Reserved} reserved",
        threads: 2);

    [Fact]
    public async Task Processes_that_share_a_ledger_never_overspend_it_together()
    {
        var ledger = new Purse(10m);
        Budget[] processes = [.. Enumerable.Range(0, 4).Select(number => new Budget($"process {number}", ledger, share: 0.5m))];
        await Task.WhenAll(Enumerable.Range(0, 200).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            Budget budget = processes[seed % processes.Length];
            for (int i = 0; i < 20; i++)
            {
                decimal worst = random.Next(1, 100) / 100m;
                if (await budget.TryReserveAsync(worst, TestContext.Current.CancellationToken) is not { } reservation) continue;
                await Task.Yield();
                reservation.Settle(worst * random.Next(50, 101) / 100m);
            }
        })));
        decimal spent = processes.Sum(budget => budget.Spent);
        Assert.InRange(spent, 9m, 10m);
        Assert.Equal(10m, ledger.Left + processes.Sum(budget => budget.Limit));
        foreach (Budget budget in processes) await budget.GiveBackAsync(TestContext.Current.CancellationToken);
        Assert.Equal(10m - spent, ledger.Left);
        Assert.All(processes, budget => Assert.Equal(0, budget.Remaining));
    }

    [Fact]
    public async Task A_request_beyond_the_share_draws_what_it_needs()
    {
        var ledger = new Purse(3m);
        var budget = new Budget("b", ledger, share: 0.1m);
        Assert.NotNull(await budget.TryReserveAsync(2m, TestContext.Current.CancellationToken));
        Assert.Equal(1m, ledger.Left);
        Assert.Null(await budget.TryReserveAsync(1.5m, TestContext.Current.CancellationToken));
        Assert.NotNull(await budget.TryReserveAsync(1m, TestContext.Current.CancellationToken));
    }

    // Goal: the last money of a ledger can be spent, although it is less than a share.
    [Fact]
    public async Task What_is_left_is_given_although_it_is_less_than_a_share()
    {
        var budget = new Budget("b", new Purse(0.3m), share: 5m);
        Assert.NotNull(await budget.TryReserveAsync(0.2m, TestContext.Current.CancellationToken));
        Assert.Null(await budget.TryReserveAsync(0.2m, TestContext.Current.CancellationToken));
        Assert.NotNull(await budget.TryReserveAsync(0.1m, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_ledger_that_fails_gives_nothing_and_the_refusal_says_so()
    {
        var ledger = new Purse(1m) { Fault = new TimeoutException("away") };
        var options = new ChatRouterOptions();
        options.Budgets.Add(new Budget("b", ledger, share: 1m));
        var router = new ChatRouter([new ChatRoute("r", new ScriptedProvider(), price: new ModelPrice { PerRequest = 0.1m })], options);
        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => router.GetResponseAsync("q", Chats.Cold, TestContext.Current.CancellationToken));
        Assert.Same(ledger.Fault, refused.InnerException);
        Assert.Contains("ledger gave no answer", refused.Message);
        ledger.Fault = null;
        await router.GetResponseAsync("q", Chats.Cold, TestContext.Current.CancellationToken);
    }

    // Goal: a refusal does not call what one process has drawn the limit. Method: of a ledger of 1 another process has drawn .7 and this one .2.
    [Fact]
    public async Task A_refusal_of_a_shared_budget_says_what_this_process_has_drawn_and_not_that_it_is_the_limit()
    {
        var ledger = new Purse(1m);
        await ledger.TryDrawAsync("", 0.7m, TestContext.Current.CancellationToken);
        var budget = new Budget("b", ledger, share: 0.2m);
        Assert.NotNull(await budget.TryReserveAsync(0.15m, TestContext.Current.CancellationToken));
        Assert.Null(await budget.TryReserveAsync(0.3m, TestContext.Current.CancellationToken));
        BudgetExceededException refused = budget.Exceeded(0.3m);
        Assert.Equal((0.2m, 0.05m), (refused.Limit, refused.Remaining));
        Assert.Equal(
            "The request could cost 0.3; of the shared budget \"b\" this process has drawn 0.2, has 0.05 of that left, and less than what is missing is left to draw. "
            + "It does not start anew; raise its limit.",
            refused.Message);
    }

    [Theory]
    [InlineData(BudgetWindow.Hour, "2026-11-23T22", "2026-11-23T23")]
    [InlineData(BudgetWindow.Day, "2026-11-23", "2026-11-24")]
    [InlineData(BudgetWindow.Month, "2026-11", "2026-12")]
    public async Task A_window_draws_from_a_ledger_of_its_own(BudgetWindow window, string first, string second)
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T22:59:59Z"));
        var ledger = new Purse(1m);
        var budget = new Budget("b", ledger, share: 1m, window, time);
        (await budget.TryReserveAsync(0.4m, TestContext.Current.CancellationToken))!.Settle(0.4m);
        Assert.Equal(0.6m, budget.Remaining);
        time.SetUtcNow(budget.ResetsAt!.Value);
        Assert.Equal(0m, budget.Remaining);
        (await budget.TryReserveAsync(1m, TestContext.Current.CancellationToken))!.Settle(0.25m);
        await budget.GiveBackAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0m, 0.75m), (ledger.LeftIn(first), ledger.LeftIn(second)));
    }

    /// <summary>A ledger in memory.</summary>
    private sealed class Purse(decimal limit) : IBudgetLedger
    {
        private readonly Lock _purseLock = new();
        private readonly Dictionary<string, decimal> _left = new(StringComparer.Ordinal);

        public decimal Left => LeftIn("");

        public Exception? Fault { get; set; }

        public decimal LeftIn(string window)
        {
            lock (_purseLock) return _left.GetValueOrDefault(window, limit);
        }

        public async ValueTask<bool> TryDrawAsync(string window, decimal amount, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            if (Fault is { } fault) throw fault;
            lock (_purseLock)
            {
                if (amount > LeftIn(window)) return false;
                _left[window] = LeftIn(window) - amount;
                return true;
            }
        }

        public ValueTask GiveBackAsync(string window, decimal amount, CancellationToken cancellationToken = default)
        {
            lock (_purseLock) _left[window] = LeftIn(window) + amount;
            return default;
        }
    }
}
