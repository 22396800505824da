using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Refrain.Redis;

/// <summary>Where Redis is and how long it may take. Immutable.</summary>
public sealed record RedisStoreOptions
{
    private const string Prefix = $"{nameof(KeyPrefix)} is 1 to 64 letters, digits, dots, colons, dashes and underscores.";

    /// <summary>
    /// Where Redis is: <c>redis://[user[:password]@]host[:port][/database]</c>, <c>rediss://…</c> for TLS, several hosts with commas between them for a cluster,
    /// <c>redis+sentinel://host:port,host:port/service[/database]</c> for Sentinel, or a StackExchange.Redis connection string. Default: localhost:6379.
    /// </summary>
    public string Connection { get; init; } = "localhost:6379";

    /// <summary>Whether to use TLS. Null: as <see cref="Connection"/> says.</summary>
    public bool? Ssl { get; init; }

    /// <summary>A PEM file with the authority that signed the server's certificate. Null: the system's authorities.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>User of the access control list. Null: as <see cref="Connection"/> says.</summary>
    public string? User { get; init; }

    /// <summary>Password. Null: as <see cref="Connection"/> says. Never logged.</summary>
    public string? Password { get; init; }

    /// <summary>User of the sentinels. Null: none.</summary>
    public string? SentinelUser { get; init; }

    /// <summary>Password of the sentinels. Null: none. Never logged.</summary>
    public string? SentinelPassword { get; init; }

    /// <summary>First part of every key: 1 to 64 letters, digits, dots, colons, dashes and underscores. Stores with different prefixes share nothing.</summary>
    public string KeyPrefix { get; init; } = "refrain";

    /// <summary>Into how many hash slots a new store spreads its scopes; from 1 to 1,024. An existing store keeps the number it was made with.</summary>
    public int ShardCount { get; init; } = 16;

    /// <summary>How long a lookup waits for Redis; more than 0. Default: 40 ms, so that with what timers and threads add a lookup ends within 50 ms.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How long a write, an invalidation, a step of an enumeration or a check in the background waits for Redis; more than 0. Default: 1 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long <see cref="RedisStore.ConnectAsync"/> waits before it goes on without Redis and connects in the background; more than 0. Default: 800 ms.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>Calls in a row that may fail before calls are refused at once; at least 1. Default: 3.</summary>
    public int BreakerFailureCount { get; init; } = 3;

    /// <summary>How often Redis is asked whether it is back, after it failed; more than 0. Default: 200 ms.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the change logs are read where no message announced a change; more than 0. Default: 1 s.</summary>
    public TimeSpan ChangePollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Items that a shard's change log keeps, about; at least 16. A process that falls further behind compares everything. Default: 4,096.</summary>
    public int ChangeLogLength { get; init; } = 4_096;

    /// <summary>Entries a second that an enumeration reads at most; at least 1. Default: 50,000.</summary>
    public int EnumerationRateMax { get; init; } = 50_000;

    /// <summary>How long a removal is remembered, so that an older entry that was queued elsewhere does not come back; more than 0. Default: 10 min.</summary>
    public TimeSpan RemovalMemory { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether StackExchange.Redis checks the order of replies. Off only in tests that show what the envelope alone notices.</summary>
    internal bool ChecksOrder { get; init; } = true;

    /// <summary>Reads <c>CACHE_REDIS_URL</c>, <c>CACHE_REDIS_SSL</c>, <c>CACHE_REDIS_CA_FILE</c>, <c>CACHE_REDIS_USER</c>, <c>CACHE_REDIS_PASSWORD</c>, <c>CACHE_REDIS_SENTINEL_USER</c>,
    /// <c>CACHE_REDIS_SENTINEL_PASSWORD</c> and <c>CACHE_REDIS_KEY_PREFIX</c>.</summary>
    /// <param name="configuration">Usually the environment.</param>
    /// <returns>Null if there is no <c>CACHE_REDIS_URL</c>: no Redis is meant.</returns>
    /// <exception cref="FormatException"><c>CACHE_REDIS_SSL</c> is neither true, false, 1 nor 0.</exception>
    public static RedisStoreOptions? FromConfiguration(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration["CACHE_REDIS_URL"] is not { Length: > 0 } connection) return null;

        var defaults = new RedisStoreOptions();
        return defaults with
        {
            Connection = connection,
            Ssl = ReadSwitch(configuration["CACHE_REDIS_SSL"]),
            CertificateAuthorityFile = NullIfEmpty(configuration["CACHE_REDIS_CA_FILE"]),
            User = NullIfEmpty(configuration["CACHE_REDIS_USER"]),
            Password = NullIfEmpty(configuration["CACHE_REDIS_PASSWORD"]),
            SentinelUser = NullIfEmpty(configuration["CACHE_REDIS_SENTINEL_USER"]),
            SentinelPassword = NullIfEmpty(configuration["CACHE_REDIS_SENTINEL_PASSWORD"]),
            KeyPrefix = NullIfEmpty(configuration["CACHE_REDIS_KEY_PREFIX"]) ?? defaults.KeyPrefix,
        };
    }

    /// <summary>The options without what is secret.</summary>
    public override string ToString() => $"{RedisConnection.Redact(Connection)}, prefix {KeyPrefix}";

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message says which and what is allowed.</exception>
    internal static void Validate(RedisStoreOptions options)
    {
        string? fault = options switch
        {
            { KeyPrefix: not { Length: >= 1 and <= 64 } } => Prefix,
            _ when options.KeyPrefix.AsSpan().ContainsAnyExcept(RedisConnection.PrefixCharacters) => Prefix,
            { ShardCount: < 1 or > 1_024 } => $"{nameof(ShardCount)} is from 1 to 1,024; found {options.ShardCount}.",
            { BreakerFailureCount: < 1 } => $"{nameof(BreakerFailureCount)} is at least 1; found {options.BreakerFailureCount}.",
            { ChangeLogLength: < 16 } => $"{nameof(ChangeLogLength)} is at least 16; found {options.ChangeLogLength}.",
            { EnumerationRateMax: < 1 } => $"{nameof(EnumerationRateMax)} is at least 1; found {options.EnumerationRateMax}.",
            _ => TimeFault(options.ReadTimeout, nameof(ReadTimeout)) ?? TimeFault(options.WriteTimeout, nameof(WriteTimeout))
                ?? TimeFault(options.ConnectTimeout, nameof(ConnectTimeout)) ?? TimeFault(options.ProbeInterval, nameof(ProbeInterval))
                ?? TimeFault(options.ChangePollInterval, nameof(ChangePollInterval)) ?? TimeFault(options.RemovalMemory, nameof(RemovalMemory)),
        };
        if (fault is not null) throw new ArgumentException(fault, nameof(options));
    }

    private static string? TimeFault(TimeSpan value, string name) =>
        value > TimeSpan.Zero && value <= TimeSpan.FromDays(1) ? null : $"{name} is more than 0 and at most a day; found {value}.";

    private static string? NullIfEmpty(string? value) => value is { Length: > 0 } ? value : null;

    private static bool? ReadSwitch(string? value) => value?.Trim().ToLower(CultureInfo.InvariantCulture) switch
    {
        null or "" => null,
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw new FormatException($"CACHE_REDIS_SSL is true, false, 1 or 0; found \"{value}\"."),
    };
}
