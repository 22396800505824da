using Microsoft.Extensions.Diagnostics.HealthChecks;
using Testcontainers.Redis;

[assembly: AssemblyFixture(typeof(Refrain.Redis.Tests.RedisFixture))]

namespace Refrain.Redis.Tests;

/// <summary>
/// A real Redis for all tests: the one that REFRAIN_TEST_REDIS names, else a redis-server of this machine, else a container. Where none of them is, the tests
/// are skipped and say so; under CI that is a failure.
/// </summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _server;
    private RedisContainer? _container;
    private string? _endpoint;
    private string? _reason;

    /// <summary>Where the Redis for everybody is.</summary>
    public string Endpoint
    {
        get
        {
            SkipUnless(_endpoint is not null, _reason ?? "");
            return _endpoint!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _endpoint = Environment.GetEnvironmentVariable("REFRAIN_TEST_REDIS");
        if (_endpoint is { Length: > 0 }) return;
        if (RedisServer.IsInstalled)
        {
            _server = await RedisServer.StartAsync();
            _endpoint = _server.Endpoint;
            return;
        }

        try
        {
            _container = new RedisBuilder("redis:7").Build();
            await _container.StartAsync();
            _endpoint = _container.GetConnectionString();
        }
        catch (Exception exception)
        {
            _endpoint = null;
            _reason = $"No Redis: REFRAIN_TEST_REDIS is not set, redis-server is not installed, and there is no container ({exception.Message}).";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_container is not null) await _container.DisposeAsync();
    }

    /// <summary>Options for a store that shares nothing with other tests.</summary>
    public RedisStoreOptions Options() => OptionsFor(Endpoint);

    public async Task<RedisStore> ConnectAsync() => await ConnectAsync(Options());

    /// <summary>Options with budgets that a busy machine keeps.</summary>
    public static RedisStoreOptions OptionsFor(string endpoint) => new()
    {
        Connection = endpoint,
        KeyPrefix = $"test-{Guid.NewGuid():N}",
        ReadTimeout = TimeSpan.FromSeconds(20),
        WriteTimeout = TimeSpan.FromSeconds(20),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        ShardCount = 4,
    };

    public static async Task<RedisStore> ConnectAsync(RedisStoreOptions options)
    {
        RedisStore store = await RedisStore.ConnectAsync(options);
        await WaitUntilAsync(() => store.IsReachable);
        return store;
    }

    /// <summary>A server of the test's own, to be killed and stopped.</summary>
    public static async Task<RedisServer> ServerAsync(string[]? arguments = null, string? password = null)
    {
        SkipUnless(RedisServer.IsInstalled, "redis-server is not installed.");
        return await RedisServer.StartAsync(arguments, password);
    }

    /// <summary>Whether a cache has reached its store: on a busy machine it may have opened without.</summary>
    public static bool IsHealthy(SemanticCache cache) =>
        new SemanticCacheHealthCheck(cache).CheckHealthAsync(new HealthCheckContext(), CancellationToken.None).GetAwaiter().GetResult().Status == HealthStatus.Healthy;

    /// <summary>Waits for something that must come; how long is no part of any test.</summary>
    public static async Task WaitUntilAsync(Func<bool> isSo)
    {
        for (int attempt = 0; !isSo(); attempt++)
        {
            Assert.True(attempt < 18_000, "Waited three minutes in vain.");
            await Task.Delay(10);
        }
    }

    public static async Task WaitUntilAsync(Func<Task<bool>> isSo, Func<string>? state = null)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMinutes(3)) Assert.Fail($"Waited three minutes in vain. {state?.Invoke()}");
            await Task.Delay(10);
        }
    }

    public static void SkipUnless(bool isThere, string reason)
    {
        if (!isThere && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.SkipUnless(isThere, reason);
    }
}
