namespace Refrain.Redis.Tests;

public sealed class RedisBudgetTests(RedisFixture redis)
{
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
                if (!await budget.TryDrawAsync(0.03m, Cancellation))
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }

                // The worst case was drawn; the real cost is less, and the rest goes back.
                Interlocked.Add(ref spent, 20_000);
                await budget.GiveBackAsync(0.01m, Cancellation);
            }
        }));

        Assert.True(spent <= 10_000_000, $"{spent} millionths of 10,000,000 were spent.");
        Assert.True(refused > 0, "Nobody was refused: this test has tested nothing.");
        Assert.Equal(spent / 1_000_000m, await budgets[0].GetDrawnAsync(Cancellation));
        foreach (RedisStore store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task What_is_left_can_be_drawn_to_the_last_millionth_and_no_further()
    {
        await using RedisStore store = await redis.ConnectAsync();
        var budget = new RedisBudget(store, "money", 1m);
        Assert.True(await budget.TryDrawAsync(0.999999m, Cancellation));
        Assert.False(await budget.TryDrawAsync(0.000002m, Cancellation));
        Assert.True(await budget.TryDrawAsync(0.0000001m, Cancellation));
        Assert.False(await budget.TryDrawAsync(0.000001m, Cancellation));
        Assert.Equal(1m, await budget.GetDrawnAsync(Cancellation));
    }

    [Fact]
    public async Task More_cannot_be_given_back_than_was_drawn()
    {
        await using RedisStore store = await redis.ConnectAsync();
        var budget = new RedisBudget(store, "money", 1m);
        await budget.TryDrawAsync(0.5m, Cancellation);
        await budget.GiveBackAsync(2m, Cancellation);
        Assert.Equal(0m, await budget.GetDrawnAsync(Cancellation));
        Assert.False(await budget.TryDrawAsync(1.000001m, Cancellation));
    }

    [Fact]
    public async Task Names_and_amounts_out_of_range_are_refused()
    {
        await using RedisStore store = await redis.ConnectAsync();
        Assert.Throws<ArgumentException>(() => new RedisBudget(store, "a{b}", 1m));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RedisBudget(store, "a", -1m));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await new RedisBudget(store, "a", 1m).TryDrawAsync(-1m, Cancellation));
    }
}
