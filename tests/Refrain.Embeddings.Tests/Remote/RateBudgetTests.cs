using Microsoft.Extensions.Time.Testing;

namespace Refrain.Embeddings.Tests;

public sealed class RateBudgetTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void What_is_there_is_taken_without_waiting()
    {
        var budget = new RateBudget(600, new FakeTimeProvider());
        for (int i = 0; i < 60; i++) Assert.True(budget.TakeAsync(1, Cancellation).IsCompletedSuccessfully);
        Assert.False(budget.TakeAsync(1, Cancellation).IsCompleted);
    }

    // Goal: the rate holds over any length of time. Method: many takers at once, and the clock in small steps.
    [Fact]
    public async Task A_rate_is_kept_however_many_ask()
    {
        var time = new FakeTimeProvider();
        var budget = new RateBudget(600, time);
        Task[] takers = [.. Enumerable.Range(0, 260).Select(_ => budget.TakeAsync(1, Cancellation))];
        for (int tenths = 0; tenths <= 200; tenths += 10)
        {
            Assert.InRange(takers.Count(taker => taker.IsCompleted), 0, 60 + tenths);
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Task.WhenAll(takers).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.All(takers, taker => Assert.True(taker.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Who_gives_up_gives_back()
    {
        var time = new FakeTimeProvider();
        var budget = new RateBudget(60, time);
        await budget.TakeAsync(6, Cancellation);
        using var source = new CancellationTokenSource();
        Task given = budget.TakeAsync(1_000, source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(budget.TakeAsync(2, Cancellation).IsCompletedSuccessfully);
    }
}
