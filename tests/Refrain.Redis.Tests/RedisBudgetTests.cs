using System.Globalization;
using Refrain.Chat;

namespace Refrain.Redis.Tests;

public sealed class RedisBudgetTests(RedisFixture redis)
{
    internal const string ChildRole = "budget";

    private const decimal Limit = 10m;
    private const decimal Share = 0.5m;
    private const int CallersAProcess = 50;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hundred_callers_over_four_connections_never_draw_more_than_the_limit()
    {
        RedisStoreOptions options = redis.Options();
        RedisStore[] stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RedisFixture.ConnectAsync(options)));
        RedisBudget[] budgets = [.. stores.Select(store => new RedisBudget(store, "money", 10m))];
        long spent = 0;
        int refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async caller =>
        {
            RedisBudget budget = budgets[caller % 4];
            for (int i = 0; i < 5; i++)
            {
                if (!await budget.TryDrawAsync("", 0.03m, Cancellation))
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }

                // The worst case was drawn; the real cost is less, and the rest goes back.
                Interlocked.Add(ref spent, 20_000);
                await budget.GiveBackAsync("", 0.01m, Cancellation);
            }
        }));

        Assert.True(spent <= 10_000_000, $"{spent} millionths of 10,000,000 were spent.");
        Assert.True(refused > 0, "Nobody was refused: this test has tested nothing.");
        Assert.Equal(spent / 1_000_000m, await budgets[0].GetDrawnAsync("", Cancellation));
        foreach (RedisStore store in stores) await store.DisposeAsync();
    }

    // Goal: the same with processes, each with a budget that draws its share. Method: each of the four has fifty callers who reserve the worst case and settle less, until
    // all fifty are refused; then it gives back what it has left, and says what it spent.
    [Fact]
    public async Task Two_hundred_callers_of_budgets_in_four_processes_never_spend_more_than_the_limit_together()
    {
        RedisStoreOptions options = redis.Options();
        List<ChildProcess> children = [.. Enumerable.Range(0, 4).Select(_ => ChildProcess.Start(ChildRole, options.Connection, options.KeyPrefix))];

        decimal spent = 0;
        foreach (ChildProcess child in children) spent += decimal.Parse(await child.Output.ReadLineAsync(Cancellation) ?? "", CultureInfo.InvariantCulture);

        // A process may be refused while another still holds a share that it gives back later: so much may be left, and no more.
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        Assert.InRange(spent, Limit - (4 * Share), Limit);
        Assert.Equal(spent, await new RedisBudget(store, "money", Limit).GetDrawnAsync("", Cancellation));
        children.ForEach(static child => child.Dispose());
    }

    [Fact]
    public async Task While_redis_is_away_a_process_spends_what_it_has_drawn_and_no_more()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await using RedisStore store = await RedisFixture.ConnectAsync(RedisFixture.OptionsFor(server.Endpoint));
        var budget = new Budget("money", new RedisBudget(store, "money", Limit), Share);
        (await budget.TryReserveAsync(0.1m, Cancellation))!.Settle(0.1m);
        await server.KillAsync();

        int count = 0;
        while (await budget.TryReserveAsync(0.1m, Cancellation) is { } reservation)
        {
            reservation.Settle(0.1m);
            count++;
        }

        Assert.Equal((Share, (int)(Share / 0.1m) - 1), (budget.Spent, count));
    }

    [Fact]
    public async Task What_is_left_can_be_drawn_to_the_last_millionth_and_no_further()
    {
        await using RedisStore store = await redis.ConnectAsync();
        var budget = new RedisBudget(store, "money", 1m);
        Assert.True(await budget.TryDrawAsync("", 0.999999m, Cancellation));
        Assert.False(await budget.TryDrawAsync("", 0.000002m, Cancellation));
        Assert.True(await budget.TryDrawAsync("", 0.0000001m, Cancellation));
        Assert.False(await budget.TryDrawAsync("", 0.000001m, Cancellation));
        Assert.Equal(1m, await budget.GetDrawnAsync("", Cancellation));
    }

    [Fact]
    public async Task Each_window_has_the_whole_limit_and_is_forgotten_in_the_end()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint);
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        var budget = new RedisBudget(store, "money", 1m);
        foreach (string window in new[] { "", "2026-11", "2026-12" })
        {
            Assert.True(await budget.TryDrawAsync(window, 1m, Cancellation));
            Assert.False(await budget.TryDrawAsync(window, 0.1m, Cancellation));
        }

        await budget.GiveBackAsync("2026-11", 0.25m, Cancellation);

        Assert.Equal([1m, 0.75m, 1m], new[] { await budget.GetDrawnAsync("", Cancellation), await budget.GetDrawnAsync("2026-11", Cancellation), await budget.GetDrawnAsync("2026-12", Cancellation) });
        Assert.Equal(":-1", await server.AskAsync("TTL", $"{options.KeyPrefix}:{{budget}}:money"));
        Assert.InRange(int.Parse((await server.AskAsync("TTL", $"{options.KeyPrefix}:{{budget}}:money@2026-11"))[1..]), 61 * 86_400, 62 * 86_400);
        await Assert.ThrowsAsync<ArgumentException>(async () => await budget.TryDrawAsync("a b", 0.1m, Cancellation));
    }

    [Fact]
    public async Task More_cannot_be_given_back_than_was_drawn()
    {
        await using RedisStore store = await redis.ConnectAsync();
        var budget = new RedisBudget(store, "money", 1m);
        await budget.TryDrawAsync("", 0.5m, Cancellation);
        await budget.GiveBackAsync("", 2m, Cancellation);
        Assert.Equal(0m, await budget.GetDrawnAsync("", Cancellation));
        Assert.False(await budget.TryDrawAsync("", 1.000001m, Cancellation));
    }

    [Fact]
    public async Task Names_and_amounts_out_of_range_are_refused()
    {
        await using RedisStore store = await redis.ConnectAsync();
        Assert.Throws<ArgumentException>(() => new RedisBudget(store, "a{b}", 1m));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RedisBudget(store, "a", -1m));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await new RedisBudget(store, "a", 1m).TryDrawAsync("", -1m, Cancellation));
    }

    internal static void RunAsChild(string[] arguments)
    {
        RedisStoreOptions options = RedisFixture.OptionsFor(arguments[0]) with { KeyPrefix = arguments[1] };
        RedisStore store = RedisStore.ConnectAsync(options).AsTask().GetAwaiter().GetResult();
        var budget = new Budget("money", new RedisBudget(store, "money", Limit), Share);
        var random = new Random(Environment.ProcessId);
        for (int granted = 1; granted > 0;)
        {
            var callers = new Task<BudgetReservation?>[CallersAProcess];
            for (int caller = 0; caller < callers.Length; caller++) callers[caller] = budget.TryReserveAsync(0.03m).AsTask();
            Task.WaitAll(callers);
            granted = 0;
            foreach (Task<BudgetReservation?> caller in callers)
            {
                if (caller.Result is not { } reservation) continue;
                reservation.Settle(random.Next(1, 31) / 1_000m);
                granted++;
            }
        }

        budget.GiveBackAsync().AsTask().GetAwaiter().GetResult();
        Console.Out.WriteLine(budget.Spent.ToString(CultureInfo.InvariantCulture));
        Console.Out.Flush();
    }
}
