using System.Text;

namespace Refrain.Redis.Tests;

/// <summary>One call for a request among all processes that share a Redis.</summary>
public sealed class SharedFlightTests(RedisFixture redis)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly CacheScope Scope = CacheScope.Create("tenant", ("model", "m"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: a stampede over ten processes makes one call. Method: ten caches, each with a connection of its own, ten callers each, and a call that takes as long as it
    // takes until everybody waits.
    [Fact]
    public async Task A_hundred_callers_in_ten_caches_make_one_call()
    {
        RedisStoreOptions options = redis.Options();
        List<Peer> peers = [];
        for (int i = 0; i < 10; i++) peers.Add(await Peer.OpenAsync(options, Lease));
        int calls = 0;
        var release = new TaskCompletionSource();

        List<Task<CacheResult>> answers = [.. Enumerable.Range(0, 100).Select(i => peers[i % 10].Cache.GetOrCreateAsync(
            Query, async token =>
            {
                Interlocked.Increment(ref calls);
                await release.Task.WaitAsync(token);
                return Answer("made once");
            }, Cancellation).AsTask())];
        await RedisFixture.WaitUntilAsync(() => Volatile.Read(ref calls) > 0);
        await RedisFixture.WaitUntilAsync(() => peers.Sum(peer => peer.Cache.GetStatistics().Misses) == 10);
        release.SetResult();

        foreach (CacheResult answer in await Task.WhenAll(answers)) Assert.Equal("made once", answer.GetString());
        Assert.Equal(1, calls);
        foreach (Peer peer in peers) await peer.DisposeAsync();
    }

    [Fact]
    public async Task Without_the_option_each_process_calls_for_itself()
    {
        RedisStoreOptions options = redis.Options();
        await using Peer one = await Peer.OpenAsync(options, lease: null);
        await using Peer other = await Peer.OpenAsync(options, lease: null);
        int calls = 0;
        var both = new TaskCompletionSource();

        await Task.WhenAll(new[] { one, other }.Select(peer => peer.Cache.GetOrCreateAsync(
            Query, async token =>
            {
                if (Interlocked.Increment(ref calls) == 2) both.SetResult();
                await both.Task.WaitAsync(token);
                return Answer("each its own");
            }, Cancellation).AsTask()));

        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task When_the_maker_fails_another_process_makes_the_answer()
    {
        RedisStoreOptions options = redis.Options();
        await using Peer failing = await Peer.OpenAsync(options, Lease);
        await using Peer other = await Peer.OpenAsync(options, Lease);
        var isMaking = new TaskCompletionSource();
        var fail = new TaskCompletionSource<CacheAnswer>();

        Task<CacheResult> first = failing.Cache.GetOrCreateAsync(
            Query, async token =>
            {
                isMaking.SetResult();
                return await fail.Task.WaitAsync(token);
            }, Cancellation).AsTask();
        await isMaking.Task;
        Task<CacheResult> second = other.Cache.GetOrCreateAsync(Query, _ => new(Answer("the other's")), Cancellation).AsTask();
        fail.SetException(new InvalidOperationException("no answer"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        Assert.Equal("the other's", (await second).GetString());
    }

    // Goal: only its extension keeps the others from calling when a call takes long. Method: the call ends when Redis has been seen to give the lease more time than was left of it.
    [Fact]
    public async Task A_lease_is_extended_while_the_answer_is_made_and_nobody_else_makes_it()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint);
        TimeSpan lease = TimeSpan.FromSeconds(10);
        await using Peer slow = await Peer.OpenAsync(options, lease);
        await using Peer other = await Peer.OpenAsync(options, lease);
        var name = $"{new RedisKeys(options.KeyPrefix, options.ShardCount).Lease(slow.Cache.KeyOf(Query))}";
        var isMaking = new TaskCompletionSource();
        int calls = 0;

        Task<CacheResult> first = slow.Cache.GetOrCreateAsync(
            Query, async token =>
            {
                isMaking.SetResult();
                int left = int.MaxValue;
                int before;
                do
                {
                    await Task.Delay(20, token);
                    before = left;
                    left = int.Parse((await server.AskAsync("PTTL", name))[1..]);
                    Assert.True(left > 0, "The lease is over.");
                }
                while (left <= before);
                return Answer("slow");
            }, Cancellation).AsTask();
        await isMaking.Task;
        CacheResult second = await other.Cache.GetOrCreateAsync(
            Query, _ =>
            {
                calls++;
                return new(Answer("not this"));
            }, Cancellation);

        Assert.Equal("slow", second.GetString());
        Assert.Equal(0, calls);
        await first;
    }

    // Goal: a holder that died costs its lease and no more. Method: a lease taken and never extended, as by a process that was killed.
    [Fact]
    public async Task A_dead_holder_costs_its_lease()
    {
        RedisStoreOptions options = redis.Options();
        await using Peer other = await Peer.OpenAsync(options, TimeSpan.FromMilliseconds(300));
        Assert.NotEqual(0, await other.Store.TryTakeLeaseAsync(other.Cache.KeyOf(Query), TimeSpan.FromMilliseconds(300), Cancellation));

        CacheResult answer = await other.Cache.GetOrCreateAsync(Query, _ => new(Answer("after the dead one")), Cancellation);

        Assert.Equal("after the dead one", answer.GetString());
    }

    // Goal: whoever lost its lease does not overwrite the answer of whoever has it now, and takes that answer over itself. Method: the lease is given away under the
    // maker's hands, as when its process hangs; both store, the late one last.
    [Fact]
    public async Task What_a_late_holder_writes_is_refused_and_it_takes_over_what_is_there()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        RedisStoreOptions options = RedisFixture.OptionsFor(server.Endpoint);
        await using Peer late = await Peer.OpenAsync(options, Lease);
        await using Peer other = await Peer.OpenAsync(options, Lease);
        CacheKey key = late.Cache.KeyOf(Query);

        CacheFlight flight = await late.Cache.BeginFlightAsync(Query, Cancellation);
        Assert.Equal(":1", await server.AskAsync("DEL", $"{new RedisKeys(options.KeyPrefix, options.ShardCount).Lease(key)}"));
        using (CacheFlight later = await other.Cache.BeginFlightAsync(Query, Cancellation))
        {
            Assert.False(later.Result.IsHit);
            await other.Cache.SetAsync(Query, "of the later lease"u8.ToArray(), cancellationToken: Cancellation);
        }

        await other.Cache.FlushAsync(Cancellation);
        await late.Cache.SetAsync(Query, "too late"u8.ToArray(), cancellationToken: Cancellation);
        await late.Cache.FlushAsync(Cancellation);
        flight.Dispose();

        Assert.Equal("of the later lease", (await other.Cache.GetAsync(Query, Cancellation)).GetString());
        await RedisFixture.WaitUntilAsync(async () => (await late.Cache.GetAsync(Query, Cancellation)).GetString() == "of the later lease");
    }

    [Fact]
    public async Task A_later_lease_has_a_greater_number_and_an_ended_one_can_be_taken()
    {
        await using RedisStore store = await redis.ConnectAsync();
        await store.GetSeedAsync(Cancellation);
        CacheKey key = Entries.Key(1);

        long first = await store.TryTakeLeaseAsync(key, Lease, Cancellation);
        Assert.Equal(0, await store.TryTakeLeaseAsync(key, Lease, Cancellation));
        Assert.NotEqual(0, await store.TryTakeLeaseAsync(Entries.Key(2), Lease, Cancellation));
        Assert.True(await store.ExtendLeaseAsync(key, first, Lease, Cancellation));
        await store.EndLeaseAsync(key, first, Cancellation);
        long second = await store.TryTakeLeaseAsync(key, Lease, Cancellation);

        Assert.True(second > first);
        Assert.False(await store.ExtendLeaseAsync(key, first, Lease, Cancellation));
        await store.EndLeaseAsync(key, first, Cancellation);
        Assert.Equal(0, await store.TryTakeLeaseAsync(key, Lease, Cancellation));
    }

    [Fact]
    public async Task While_redis_is_away_each_process_calls_for_itself()
    {
        await using RedisServer server = await RedisFixture.ServerAsync();
        await using Peer peer = await Peer.OpenAsync(RedisFixture.OptionsFor(server.Endpoint), Lease);
        await server.KillAsync();

        CacheResult answer = await peer.Cache.GetOrCreateAsync(Query, _ => new(Answer("made alone")), Cancellation);

        Assert.Equal("made alone", answer.GetString());
    }

    // Goal: the same among processes, and a holder that is killed costs its lease. Method: ten processes ask at once; the first that says it makes the answer is killed at it.
    [Fact]
    public async Task Of_ten_processes_one_makes_the_answer_and_another_when_it_is_killed()
    {
        RedisStoreOptions options = redis.Options();
        List<ChildProcess> children = [.. Enumerable.Range(0, 10).Select(_ => ChildProcess.Start("flight", options.Connection, options.KeyPrefix))];
        foreach (ChildProcess child in children) Assert.Equal("ready", await child.Output.ReadLineAsync(Cancellation));
        foreach (ChildProcess child in children) await child.TellAsync("go");

        int making = 0;
        string?[] said = await Task.WhenAll(children.Select(async child =>
        {
            string? line = await child.Output.ReadLineAsync(Cancellation);
            if (line == "making" && Interlocked.Increment(ref making) == 1)
            {
                child.Kill();
                return "killed";
            }

            return line == "making" ? $"made {await child.Output.ReadLineAsync(Cancellation)}" : line;
        }));

        Assert.Equal(2, making);
        Assert.Single(said, "killed");
        string made = Assert.Single(said, static line => line!.StartsWith("made ", StringComparison.Ordinal))!;
        Assert.Equal(8, said.Count(line => line == $"shared {made[5..]}"));
        children.ForEach(static child => child.Dispose());
    }

    internal static void RunAsChild(string[] arguments)
    {
        RedisStoreOptions options = RedisFixture.OptionsFor(arguments[0]) with { KeyPrefix = arguments[1], ReadTimeout = TimeSpan.FromMinutes(1), WriteTimeout = TimeSpan.FromMinutes(1) };
        RedisStore store = RedisStore.ConnectAsync(options).AsTask().GetAwaiter().GetResult();
        SemanticCache cache = SemanticCache.OpenAsync(
            new SemanticCacheOptions { FlightLease = TimeSpan.FromSeconds(8), DurableTimeout = TimeSpan.FromMinutes(1) }, store).AsTask().GetAwaiter().GetResult();

        // A cache that has not reached its store yet asks nobody.
        while (!RedisFixture.IsHealthy(cache)) Thread.Sleep(10);
        Console.Out.WriteLine("ready");
        Console.In.ReadLine();
        using (CacheFlight flight = cache.BeginFlightAsync(Query).AsTask().GetAwaiter().GetResult())
        {
            if (flight.Result.IsHit)
            {
                Console.Out.WriteLine($"shared {flight.Result.GetString()}");
                return;
            }

            Console.Out.WriteLine("making");
            Thread.Sleep(1_000);
            cache.SetAsync(Query, Encoding.UTF8.GetBytes($"{Environment.ProcessId}")).AsTask().GetAwaiter().GetResult();
        }

        cache.FlushAsync().AsTask().GetAwaiter().GetResult();
        Console.Out.WriteLine($"{Environment.ProcessId}");
    }

    private static CacheQuery Query => new(Scope, "asked by all");

    private static CacheAnswer Answer(string text) => new(Encoding.UTF8.GetBytes(text));

    private sealed record Peer(RedisStore Store, SemanticCache Cache) : IAsyncDisposable
    {
        public static async Task<Peer> OpenAsync(RedisStoreOptions options, TimeSpan? lease)
        {
            RedisStore store = await RedisFixture.ConnectAsync(options);
            SemanticCache cache = await SemanticCache.OpenAsync(
                new SemanticCacheOptions { FlightLease = lease, DurableTimeout = TimeSpan.FromSeconds(10) }, store, cancellationToken: Cancellation);
            await RedisFixture.WaitUntilAsync(() => RedisFixture.IsHealthy(cache));
            return new Peer(store, cache);
        }

        public async ValueTask DisposeAsync()
        {
            await Cache.DisposeAsync();
            await Store.DisposeAsync();
        }
    }
}
