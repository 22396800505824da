namespace Refrain.Redis.Tests;

/// <summary>A connection that drops, repeats, swaps, cuts, delays and falsifies replies: entries may be missing, none may be another's.</summary>
public sealed class FaultyRepliesTests
{
    private const int KeyCount = 200;

    // A release run reads a million: REFRAIN_PROXY_READS=1000000.
    private static readonly int Reads = int.TryParse(Environment.GetEnvironmentVariable("REFRAIN_PROXY_READS"), out int reads) ? reads : 20_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_wrong_is_read_through_a_connection_that_harms_replies()
    {
        (int wrong, int right, int faults, _) = await ReadThroughAsync(
            checksOrder: true, reads: Reads, oneIn: 1_000, Fault.Drop, Fault.Repeat, Fault.Swap, Fault.Truncate, Fault.Delay);
        Assert.Equal(0, wrong);
        Assert.True(faults >= 5, $"Only {faults} replies were harmed.");
        Assert.True(right > Reads / 4, $"Only {right} reads found their entry.");
    }

    [Fact]
    public async Task The_envelope_alone_notices_every_reply_of_another_key()
    {
        (int wrong, _, int faults, long foreign) = await ReadThroughAsync(
            checksOrder: false, reads: 5_000, oneIn: 200, Fault.Drop, Fault.Repeat, Fault.Swap);
        Assert.Equal(0, wrong);
        Assert.True(faults > 0);
        Assert.True(foreign > 0, "No reply was another key's: this test has tested nothing.");
    }

    [Fact]
    public async Task The_envelope_alone_notices_every_falsified_value()
    {
        (int wrong, _, int faults, long foreign) = await ReadThroughAsync(checksOrder: true, reads: 5_000, oneIn: 200, Fault.Flip);
        Assert.Equal(0, wrong);
        Assert.True(faults > 0 && foreign > 0, $"{faults} falsified, {foreign} noticed.");
    }

    /// <summary>Reads entries from several tasks; the value says whose it is.</summary>
    private static async Task<(int Wrong, int Right, int Faults, long Foreign)> ReadThroughAsync(bool checksOrder, int reads, int oneIn, params Fault[] faults)
    {
        int seed = Random.Shared.Next();
        await using RedisServer server = await RedisFixture.ServerAsync();
        await using FaultyProxy proxy = FaultyProxy.Start(server.Port, seed, faults);
        RedisStoreOptions options = RedisFixture.OptionsFor(proxy.Endpoint) with
        {
            ChecksOrder = checksOrder,
            ReadTimeout = TimeSpan.FromMilliseconds(250),
            WriteTimeout = TimeSpan.FromMilliseconds(500),
            ProbeInterval = TimeSpan.FromMilliseconds(20),
        };
        await using RedisStore store = await RedisFixture.ConnectAsync(options);
        await store.SetAsync([.. Enumerable.Range(0, KeyCount).Select(number => Entries.Of(number, lifetime: TimeSpan.FromDays(1), padding: 300))], Cancellation);

        proxy.Harm(oneIn);
        int wrong = 0;
        int right = 0;
        await Parallel.ForAsync(0, 16, Cancellation, async (worker, _) =>
        {
            var random = new Random(seed + worker);
            for (int read = 0; read < reads / 16;)
            {
                int number = random.Next(KeyCount);
                try
                {
                    StoredEntry? entry = await store.GetAsync(Entries.Key(number), Cancellation);
                    read++;
                    if (Entries.Read(entry) is not { } found) continue;
                    if (found == (number, 1)) Interlocked.Increment(ref right);
                    else Interlocked.Increment(ref wrong);
                }
                catch (RedisStoreUnavailableException)
                {
                    // Not answered, so not counted. While the connection is made anew there is nothing to read; one whose order nobody checks may stay out of step for ever.
                    if (!checksOrder) read++;
                    await Task.Delay(2, Cancellation);
                }
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {right} right, {wrong} wrong, {store.ForeignReplyCount} foreign; {proxy.Counts}");
        if (reads > 100_000) Console.WriteLine($"{reads} reads, seed {seed}: {right} right, {wrong} wrong, {store.ForeignReplyCount} foreign; {proxy.Counts}");
        return (wrong, right, proxy.FaultCount, store.ForeignReplyCount);
    }
}
