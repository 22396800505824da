using System.Diagnostics.Metrics;
using Refrain.Redis;
using Refrain.Sqlite;

namespace Refrain.Gateway;

/// <summary>The durable store: Redis where one is configured, else a file in the data directory.</summary>
internal static class StoreChoice
{
    /// <summary>Name of the file that holds the answers.</summary>
    public const string FileName = "refrain.db";

    /// <summary>Opens it.</summary>
    /// <exception cref="SettingsException">A setting of Redis cannot be used.</exception>
    public static async ValueTask<IDurableStore> OpenAsync(
        IConfiguration configuration, string directory, TimeProvider time, ILoggerFactory? loggers, IMeterFactory? meters, CancellationToken cancellation)
    {
        RedisStoreOptions? redis;
        try
        {
            redis = RedisStoreOptions.FromConfiguration(configuration);
            if (redis is not null)
                return await RedisStore.ConnectAsync(redis, time, loggers, meters, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new SettingsException(e.Message, e);
        }
        var options = new SqliteStoreOptions { TimeProvider = time };
        return await SqliteStore.OpenAsync(Path.Combine(directory, FileName), options, cancellation).ConfigureAwait(false);
    }

    /// <summary>Where money is counted over restarts, and among the processes of a store; null where the store counts none.</summary>
    public static IBudgetLedger? OpenLedger(IDurableStore store, string name, decimal limit) => store switch
    {
        RedisStore redis => new RedisBudget(redis, name, limit),
        SqliteStore sqlite => new SqliteBudget(sqlite, name, limit),
        _ => null,
    };

    /// <summary>What is told of a store: its name, and where it is.</summary>
    public static string Describe(IDurableStore store, string directory) => store switch
    {
        RedisStore redis => $"redis at {redis.Connection}",
        SqliteStore { SetAsidePath: { } aside } => $"sqlite, {Path.Combine(directory, FileName)} (a damaged one was set aside as {aside})",
        SqliteStore => $"sqlite, {Path.Combine(directory, FileName)}",
        _ => store.Name,
    };
}
