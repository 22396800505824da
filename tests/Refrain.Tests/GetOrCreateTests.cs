using static Refrain.Tests.Caches;

namespace Refrain.Tests;

/// <summary>One call for a key, however many wait.</summary>
public sealed class GetOrCreateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_callers_make_one_call()
    {
        await using SemanticCache cache = await OpenAsync(embedder: new WordEmbedder());
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        async ValueTask<CacheAnswer> Make(CancellationToken cancellation)
        {
            Interlocked.Increment(ref calls);
            await gate.Task.WaitAsync(cancellation);
            return new CacheAnswer(Bytes("made"));
        }

        Task<CacheResult>[] callers = [.. Enumerable.Range(0, 1_000).Select(_ => Task.Run(() => cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask()))];
        while (Volatile.Read(ref calls) == 0)
            await Task.Yield();
        gate.SetResult();
        CacheResult[] results = await Task.WhenAll(callers);
        Assert.Equal(1, calls);
        Assert.All(results, static result => Assert.Equal("made", result.GetString()));
        Assert.Single(results, static result => !result.IsHit);
        Assert.Equal(1, cache.GetStatistics().Misses);
        Assert.Equal(999, cache.GetStatistics().Hits);
    }

    [Fact]
    public async Task When_the_leader_is_cancelled_a_follower_takes_over_and_two_calls_do()
    {
        await using SemanticCache cache = await OpenAsync();
        using var leaving = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        async ValueTask<CacheAnswer> Make(CancellationToken cancellation)
        {
            if (Interlocked.Increment(ref calls) > 1)
                return new CacheAnswer(Bytes("made by a follower"));
            started.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException("Unreachable: the delay ends by cancellation only.");
        }

        Task<CacheResult> leader = cache.GetOrCreateAsync(Ask("q"), Make, leaving.Token).AsTask();
        await started.Task;
        Task<CacheResult>[] followers = [.. Enumerable.Range(0, 999).Select(_ => cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask())];
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        CacheResult[] results = await Task.WhenAll(followers);
        Assert.Equal(2, calls);
        Assert.All(results, static result => Assert.Equal("made by a follower", result.GetString()));
    }

    [Fact]
    public async Task When_the_leader_fails_it_alone_is_told_and_a_follower_tries_again()
    {
        await using SemanticCache cache = await OpenAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        async ValueTask<CacheAnswer> Make(CancellationToken cancellation)
        {
            int call = Interlocked.Increment(ref calls);
            await gate.Task.WaitAsync(cancellation);
            return call == 1 ? throw new IOException("upstream") : new CacheAnswer(Bytes("made"));
        }

        Task<CacheResult> leader = cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask();
        Task<CacheResult>[] followers = [.. Enumerable.Range(0, 20).Select(_ => cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask())];
        gate.SetResult();
        await Assert.ThrowsAsync<IOException>(() => leader);
        Assert.All(await Task.WhenAll(followers), static result => Assert.Equal("made", result.GetString()));
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_provider_that_is_down_is_not_called_by_each_of_those_who_wait()
    {
        await using SemanticCache cache = await OpenAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        async ValueTask<CacheAnswer> Make(CancellationToken cancellation)
        {
            Interlocked.Increment(ref calls);
            await gate.Task.WaitAsync(cancellation);
            throw new IOException("down");
        }

        Task<CacheResult>[] callers = [.. Enumerable.Range(0, 200).Select(_ => cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask())];
        gate.SetResult();
        foreach (Task<CacheResult> caller in callers)
            await Assert.ThrowsAsync<IOException>(() => caller);
        Assert.InRange(calls, 1, 4);
        int before = calls;
        await Assert.ThrowsAsync<IOException>(async () => await cache.GetOrCreateAsync(Ask("q"), Make, Cancellation));
        Assert.Equal(before + 1, calls);
    }

    [Fact]
    public async Task A_waiter_leaves_at_once_and_the_others_get_their_answer()
    {
        await using SemanticCache cache = await OpenAsync();
        using var leaving = new CancellationTokenSource();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async ValueTask<CacheAnswer> Make(CancellationToken cancellation)
        {
            await gate.Task.WaitAsync(cancellation);
            return new CacheAnswer(Bytes("made"));
        }

        Task<CacheResult> leader = cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask();
        Task<CacheResult> impatient = cache.GetOrCreateAsync(Ask("q"), Make, leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.False(leader.IsCompleted);
        gate.SetResult();
        Assert.Equal("made", (await leader).GetString());
    }

    [Fact]
    public async Task A_leader_leaves_at_once_also_when_its_factory_does_not_listen()
    {
        await using SemanticCache cache = await OpenAsync();
        using var leaving = new CancellationTokenSource();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async ValueTask<CacheAnswer> Make(CancellationToken cancellation)
        {
            await gate.Task;
            return new CacheAnswer(Bytes("made"));
        }

        Task<CacheResult> leader = cache.GetOrCreateAsync(Ask("q"), Make, leaving.Token).AsTask();
        Task<CacheResult> follower = cache.GetOrCreateAsync(Ask("q"), Make, Cancellation).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        gate.SetResult();
        Assert.Equal("made", (await follower).GetString());
    }

    [Fact]
    public async Task What_is_invalidated_while_it_is_being_made_is_not_served_afterwards()
    {
        await using SemanticCache cache = await OpenAsync();
        CacheResult made = await cache.GetOrCreateAsync(
            Ask("q"),
            async cancellation =>
            {
                await cache.InvalidateTagAsync("tenant", "news", cancellation);
                return new CacheAnswer(Bytes("stale"), new CacheEntryOptions { Tags = ["news"] });
            },
            Cancellation);
        Assert.Equal("stale", made.GetString());
        Assert.False((await cache.GetAsync(Ask("q"), Cancellation)).IsHit);
    }

    [Fact]
    public async Task A_miss_embeds_once_for_lookup_and_store()
    {
        var embedder = new WordEmbedder();
        await using SemanticCache cache = await OpenAsync(embedder: embedder);
        await cache.GetOrCreateAsync(Ask("maple river stone"), static _ => new(new CacheAnswer(Bytes("x"))), Cancellation);
        Assert.Equal(1, embedder.Calls);
        Assert.Equal(HitKind.Semantic, (await cache.GetAsync(Ask("stone river maple"), Cancellation)).Kind);
    }

    [Fact]
    public async Task A_disabled_cache_calls_every_time()
    {
        await using SemanticCache cache = await OpenAsync(options: new SemanticCacheOptions { Enabled = false });
        int calls = 0;
        for (int i = 0; i < 3; i++)
            Assert.Equal("x", (await cache.GetOrCreateAsync(Ask("q"), _ => { calls++; return new(new CacheAnswer(Bytes("x"))); }, Cancellation)).GetString());
        Assert.Equal(3, calls);
    }
}
