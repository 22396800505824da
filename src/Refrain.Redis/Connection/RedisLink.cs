using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>The connection: one multiplexer, replaced when it cannot be trusted, and calls that end within their budget whatever it does.</summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private readonly RedisStoreOptions _options;
    private readonly ConfigurationOptions _configuration;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisMetrics _metrics;
    private readonly Action _restored;
    private readonly Sentinels? _sentinels;
    private readonly Lock _gate = new();
    private volatile RedisSession? _session;
    private Task? _reconfiguring;
    private long _replacedAt;
    private long _fullAt;
    private int _refusalLogged;
    private int _connectLogged;
    private int _foreignKeyLogged;

    /// <param name="options">Valid options.</param>
    /// <param name="time">Clock of the budgets.</param>
    /// <param name="logger">Where the first of each failure is told.</param>
    /// <param name="metrics">Where all are counted.</param>
    /// <param name="restored">Called, on any thread, when a connection was lost and is back.</param>
    public RedisLink(RedisStoreOptions options, TimeProvider time, ILogger logger, RedisMetrics metrics, Action restored)
    {
        _options = options;
        _configuration = RedisConnection.Configure(options);
        if (_configuration.ServiceName is { Length: > 0 }) _sentinels = new Sentinels(_configuration);
        _time = time;
        _logger = logger;
        _metrics = metrics;
        _restored = restored;
        Name = RedisConnection.Redact(options.Connection);
    }

    /// <summary>Where Redis is, without secrets.</summary>
    public string Name { get; }

    /// <summary>The connection in use; null before the first.</summary>
    public RedisSession? Session => _session;

    /// <summary>Makes the connection if there is none yet, or if the sentinels name another primary.</summary>
    /// <returns>False if there is none; ask again later.</returns>
    public async Task<bool> EnsureConnectedAsync()
    {
        try
        {
            if (_session is not { } session) _session = await OpenAsync().ConfigureAwait(false);
            else await FollowSentinelsAsync(session).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (_session is null && Interlocked.Exchange(ref _connectLogged, 1) == 0) Log.NotConnected(_logger, exception, Name);
            return _session is not null;
        }
    }

    /// <summary>
    /// Finds out why there is no connection, and tells it. A connection that checks the order of replies cannot say so itself: it takes every refusal, such as that of a wrong
    /// password, for a reply out of order.
    /// </summary>
    public async Task DiagnoseAsync()
    {
        if (_sentinels is not null) return;
        ConfigurationOptions plain = _configuration.Clone();
        plain.HighIntegrity = false;
        plain.AbortOnConnectFail = true;
        try
        {
            ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(plain).ConfigureAwait(false);
            await multiplexer.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (Interlocked.Exchange(ref _connectLogged, 1) == 0) Log.NotConnected(_logger, exception, Name);
        }
    }

    /// <summary>
    /// Runs one command within a budget. The answer, or that there was none, goes to the breaker.
    /// </summary>
    /// <param name="breaker">Who counts; it is not asked for leave here.</param>
    /// <param name="budget">How long to wait.</param>
    /// <param name="state">Handed to <paramref name="start"/>, which so needs no closure.</param>
    /// <param name="start">Sends the command.</param>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    /// <exception cref="RedisStoreUnavailableException">No answer, or a refusal.</exception>
    public async ValueTask<T> CallAsync<TState, T>(
        CircuitBreaker breaker, TimeSpan budget, TState state, Func<IDatabase, TState, Task<T>> start, CancellationToken cancellationToken)
    {
        for (bool again = false; ; again = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RedisSession session = _session ?? throw new RedisStoreUnavailableException("Redis has not been reached yet.");
            Task<T>? command = null;
            try
            {
                command = start(session.Database, state);
                T answer = await command.WaitAsync(budget, _time, cancellationToken).ConfigureAwait(false);
                breaker.Succeeded();
                return answer;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                if (command is not null) _ = ObserveAsync(command, breaker, budget);
                throw;
            }
            catch (ObjectDisposedException) when (!ReferenceEquals(_session, session))
            {
                // The connection was replaced while we took hold of the old one, which says so before it sends anything.
            }
            catch (RedisServerException exception) when (!again && IsRoleSwap(exception.Message))
            {
                // The primary has become a replica. Until we look again, every write meets the same refusal.
                await ReconfigureAsync(session, budget, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Whatever it is: a reply out of order comes as an InvalidOperationException.
                throw Failure(exception, breaker);
            }
        }
    }

    /// <summary>Whether a full Redis refused a write less than a second ago: no write is tried before.</summary>
    public bool IsFull => Volatile.Read(ref _fullAt) is var at and not 0 && _time.GetElapsedTime(at) < TimeSpan.FromSeconds(1);

    /// <summary>Something of another program stood at one of our keys and is gone: the first is told, all are counted.</summary>
    public void Replaced(RedisKey key)
    {
        _metrics.Foreign();
        if (Interlocked.Exchange(ref _foreignKeyLogged, 1) == 0) Log.Replaced(_logger, Name, key.ToString());
    }

    /// <summary>A reply was another key's: whatever is still on its way on this connection may be too. At most one new connection a second.</summary>
    public void Distrust(RedisSession session)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_session, session)) return;
            if (_replacedAt != 0 && _time.GetElapsedTime(_replacedAt) < TimeSpan.FromSeconds(1)) return;
            _replacedAt = Math.Max(1, _time.GetTimestamp());
        }

        Log.Foreign(_logger, Name);
        _ = ReplaceAsync(session);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        RedisSession? session = Interlocked.Exchange(ref _session, null);
        if (session is not null) await session.Multiplexer.DisposeAsync().ConfigureAwait(false);
        if (_sentinels is not null) await _sentinels.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsRoleSwap(string message) => message.StartsWith("READONLY", StringComparison.Ordinal);

    private static bool IsAbsence(string message) =>
        message.StartsWith("LOADING", StringComparison.Ordinal) || message.StartsWith("MASTERDOWN", StringComparison.Ordinal)
        || message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal) || message.StartsWith("READONLY", StringComparison.Ordinal);

    private async Task<RedisSession> OpenAsync()
    {
        EndPoint? primary = null;
        if (_sentinels is not null)
        {
            primary = await _sentinels.FindPrimaryAsync().ConfigureAwait(false)
                ?? throw new RedisStoreUnavailableException("No sentinel names a primary.");
        }

        ConfigurationOptions configuration = primary is null ? _configuration : _sentinels!.ConfigurationFor(primary);
        ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
        multiplexer.ConnectionRestored += (_, _) => _restored();
        return new RedisSession(multiplexer, multiplexer.GetDatabase(), primary);
    }

    private async Task FollowSentinelsAsync(RedisSession session)
    {
        if (_sentinels is null || await _sentinels.FindPrimaryAsync().ConfigureAwait(false) is not { } primary || primary.Equals(session.Primary)) return;
        await ReplaceAsync(session).ConfigureAwait(false);
    }

    private async Task ReplaceAsync(RedisSession session)
    {
        try
        {
            RedisSession fresh = await OpenAsync().ConfigureAwait(false);
            RedisSession? old = Interlocked.CompareExchange(ref _session, fresh, session);
            RedisSession unused = ReferenceEquals(old, session) ? session : fresh;
            await unused.Multiplexer.DisposeAsync().ConfigureAwait(false);
            _restored();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.NotConnected(_logger, exception, Name);
        }
    }

    private async Task ReconfigureAsync(RedisSession session, TimeSpan budget, CancellationToken cancellationToken)
    {
        Task running;
        lock (_gate)
        {
            if (_reconfiguring is not { IsCompleted: false })
                _reconfiguring = _sentinels is null ? session.Multiplexer.ConfigureAsync() : FollowSentinelsAsync(session);
            running = _reconfiguring;
        }

        try
        {
            await running.WaitAsync(budget, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or RedisStoreUnavailableException or TimeoutException)
        {
            // The second try tells how it went.
        }
    }

    private static async Task ObserveAsync(Task command, CircuitBreaker breaker, TimeSpan budget)
    {
        // The caller has given up, perhaps because Redis hangs: the breaker must hear of it all the same.
        await Task.WhenAny(command, Task.Delay(budget)).ConfigureAwait(false);
        if (command.IsCompletedSuccessfully) breaker.Succeeded();
        else breaker.Failed();
    }

    private RedisStoreUnavailableException Failure(Exception exception, CircuitBreaker breaker)
    {
        _metrics.Failed();
        if (exception is RedisServerException && !IsAbsence(exception.Message))
        {
            var refusal = new RedisStoreUnavailableException($"Redis refused: {exception.Message}", exception);
            if (refusal.IsFull)
            {
                if (Interlocked.Exchange(ref _fullAt, Math.Max(1, _time.GetTimestamp())) == 0) Log.Full(_logger, Name);
            }
            else if (Interlocked.Exchange(ref _refusalLogged, 1) == 0)
            {
                Log.Refused(_logger, Name, exception.Message);
            }

            return refusal;
        }

        if (breaker.Failed())
        {
            Log.Away(_logger, exception, Name);
            _restored();
        }

        return new RedisStoreUnavailableException("Redis did not answer in time.", exception);
    }
}
