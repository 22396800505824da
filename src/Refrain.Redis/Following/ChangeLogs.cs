using System.Security.Cryptography;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>
/// Edits that are told in a change log, and the tips of the logs. What another program has put at a log's name is replaced by a log that begins now: it would keep every write and every
/// follower of its shard waiting. Whoever follows sees a gap, and compares everything.
/// </summary>
/// <param name="link">The connection.</param>
/// <param name="options">Valid options.</param>
/// <param name="origin">Eight bytes that name this store in the logs.</param>
internal sealed class ChangeLogs(RedisLink link, RedisStoreOptions options, byte[] origin)
{
    /// <summary>Eight bytes that name this store in the logs.</summary>
    public byte[] Origin => origin;

    /// <summary>Runs a script that changes something and tells it in a log.</summary>
    /// <param name="breaker">Who counts failures.</param>
    /// <param name="script">One of <see cref="Scripts"/>.</param>
    /// <param name="keys">What it changes, then the log.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RedisStoreUnavailableException">No answer, or a refusal.</exception>
    public async ValueTask<RedisResult> EditAsync(
        CircuitBreaker breaker, string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        for (bool again = false; ; again = true)
        {
            try
            {
                return await link.CallAsync(
                    breaker, options.WriteTimeout, (script, keys, arguments),
                    static (database, ask) => database.ScriptEvaluateAsync(ask.script, ask.keys, ask.arguments, CommandFlags.DemandMaster),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (RedisStoreUnavailableException exception) when (!again && exception.IsOfWrongType)
            {
                // Some of the script may have run: all of them can run twice.
                await GetTipAsync(breaker, keys[1], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The last item of a log, which begins now if there is none.</summary>
    /// <param name="breaker">Who counts failures.</param>
    /// <param name="log">The log.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RedisStoreUnavailableException">No answer, or a refusal.</exception>
    public async ValueTask<LogPosition> GetTipAsync(CircuitBreaker breaker, RedisKey log, CancellationToken cancellationToken)
    {
        byte[] begin = ChangeItem.Encode(ChangeItem.Begin, origin, CacheAddress.Read(RandomNumberGenerator.GetBytes(CacheAddress.Size)));
        RedisResult tip = await link.CallAsync(
            breaker, options.WriteTimeout, (log, begin),
            static (database, ask) => database.ScriptEvaluateAsync(Scripts.Tip, [ask.log], [ask.begin], CommandFlags.DemandMaster), cancellationToken).ConfigureAwait(false);
        if ((int)tip[2] != 0) link.Replaced(log);
        return new LogPosition((RedisValue)tip[0], (byte[])tip[1]!);
    }
}
