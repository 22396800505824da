using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Refrain.Redis.Tests;

public sealed class RedisLinkTests(RedisFixture redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Goal: a connection that is replaced costs no call. Method: it is replaced, and the old one closed, between the moment a call takes hold of it and the moment it sends.
    // A command throws, a script gives a task that failed.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_took_hold_of_a_connection_just_before_it_was_replaced_uses_the_new_one(bool isScript)
    {
        using var metrics = new RedisMetrics(null, static () => true);
        await using var link = new RedisLink(redis.Options(), TimeProvider.System, NullLogger.Instance, metrics, static () => { });
        Assert.True(await link.EnsureConnectedAsync());
        RedisSession old = link.Session!;
        int starts = 0;

        bool isThere = await link.CallAsync(
            new CircuitBreaker(1), TimeSpan.FromSeconds(30), isScript,
            (database, isScript) =>
            {
                if (++starts == 1)
                {
                    link.Distrust(old);
                    Assert.True(SpinWait.SpinUntil(() => link.Session != old, TimeSpan.FromMinutes(1)));
                    old.Multiplexer.Dispose();
                }

                return isScript ? EvaluateAsync(database) : database.KeyExistsAsync("nothing");
            },
            Cancellation);

        Assert.False(isThere);
        Assert.Equal(2, starts);
    }

    private static async Task<bool> EvaluateAsync(IDatabase database) => (bool)await database.ScriptEvaluateAsync("return redis.call('EXISTS', KEYS[1])", ["nothing"]);
}
