using System.Net;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>
/// Asks the sentinels who the primary is. StackExchange.Redis could follow them by itself, but not while it checks the order of replies:
/// that check sends ECHO, which a sentinel does not know. So the sentinels have a connection of their own, without it.
/// </summary>
internal sealed class Sentinels : IAsyncDisposable
{
    private readonly ConfigurationOptions _configuration;
    private readonly ConfigurationOptions _primary;
    private readonly string _service;
    private readonly SemaphoreSlim _opening = new(1);
    private ConnectionMultiplexer? _multiplexer;

    /// <param name="configuration">Names the sentinels and their service, and how the primary is to be connected to.</param>
    public Sentinels(ConfigurationOptions configuration)
    {
        _service = configuration.ServiceName!;
        _primary = configuration.Clone();
        _primary.ServiceName = null!;
        _primary.EndPoints.Clear();
        _configuration = configuration.Clone();
        _configuration.HighIntegrity = false;
        _configuration.ServiceName = null!;
        _configuration.CommandMap = CommandMap.Sentinel;
        _configuration.User = configuration.SentinelUser;
        _configuration.Password = configuration.SentinelPassword;
    }

    /// <summary>The primary as the first sentinel that answers knows it; null if none does.</summary>
    public async Task<EndPoint?> FindPrimaryAsync()
    {
        ConnectionMultiplexer multiplexer = await OpenAsync().ConfigureAwait(false);
        foreach (IServer sentinel in multiplexer.GetServers().Where(server => server.IsConnected))
        {
            try
            {
                if (await sentinel.SentinelGetMasterAddressByNameAsync(_service).ConfigureAwait(false) is { } primary) return primary;
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                // The next sentinel may know.
            }
        }

        return null;
    }

    /// <summary>How to connect to a primary.</summary>
    public ConfigurationOptions ConfigurationFor(EndPoint primary)
    {
        ConfigurationOptions configuration = _primary.Clone();
        configuration.EndPoints.Add(primary);
        return configuration;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_multiplexer is { } multiplexer) await multiplexer.DisposeAsync().ConfigureAwait(false);
        _opening.Dispose();
    }

    private async Task<ConnectionMultiplexer> OpenAsync()
    {
        if (_multiplexer is { } opened) return opened;
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            return _multiplexer ??= await ConnectionMultiplexer.SentinelConnectAsync(_configuration).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }
}
