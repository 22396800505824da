using System.Buffers;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>Reads where Redis is, and sets StackExchange.Redis up so that it fails fast and never hands over another key's reply.</summary>
internal static class RedisConnection
{
    /// <summary>What a key prefix may consist of: nothing that a glob or a hash tag takes for itself.</summary>
    public static readonly SearchValues<char> PrefixCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_");

    private static readonly HashSet<string> Forbidden =
        new(StringComparer.OrdinalIgnoreCase) { "KEYS", "FLUSHALL", "FLUSHDB", "SHUTDOWN", "DEBUG", "REPLICAOF", "SLAVEOF", "MONITOR" };

    private const int SentinelPort = 26_379;

    /// <summary>The configuration of one connection.</summary>
    /// <exception cref="FormatException">The URL or connection string cannot be read. The message does not repeat it: it may hold a password.</exception>
    public static ConfigurationOptions Configure(RedisStoreOptions options)
    {
        ConfigurationOptions configuration = options.Connection.Contains("://", StringComparison.Ordinal)
            ? ParseUrl(options.Connection)
            : ParseConnectionString(options.Connection);

        if (options.Ssl is { } ssl) configuration.Ssl = ssl;
        if (options.User is not null) configuration.User = options.User;
        if (options.Password is not null) configuration.Password = options.Password;
        if (options.SentinelUser is not null) configuration.SentinelUser = options.SentinelUser;
        if (options.SentinelPassword is not null) configuration.SentinelPassword = options.SentinelPassword;
        if (options.CertificateAuthorityFile is not null) configuration.TrustIssuer(options.CertificateAuthorityFile);

        int writeTimeout = (int)Math.Ceiling(options.WriteTimeout.TotalMilliseconds);
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.HighIntegrity = options.ChecksOrder;
        configuration.AllowAdmin = true; // INFO, which StackExchange.Redis counts among the commands of administrators.
        configuration.ClientName = "refrain";
        configuration.ConnectRetry = 1;
        configuration.ConnectTimeout = (int)Math.Ceiling(options.ConnectTimeout.TotalMilliseconds);
        configuration.AsyncTimeout = writeTimeout;
        configuration.SyncTimeout = writeTimeout;
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        configuration.KeepAlive = 10;
        configuration.ReconnectRetryPolicy = new LinearRetry(200);
        configuration.IncludeDetailInExceptions = false;

        // Both are shared keys and channels outside our prefix: a user who may touch only the prefix would be refused.
        configuration.ConfigurationChannel = "";
        configuration.TieBreaker = "";

        // KEYS walks the whole database while everybody waits, the others destroy: not even by accident.
        configuration.CommandMap = configuration.CommandMap == CommandMap.Sentinel
            ? configuration.CommandMap
            : CommandMap.Create(Forbidden, available: false);
        return configuration;
    }

    /// <summary>The connection without user, password and whatever else follows the hosts.</summary>
    public static string Redact(string connection)
    {
        int scheme = connection.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return string.Join(',', connection.Split(',').Where(part => !part.Contains('=', StringComparison.Ordinal)));

        int start = Math.Max(connection.LastIndexOf('@') + 1, scheme + 3);
        return connection[..(scheme + 3)] + connection[start..];
    }

    private static ConfigurationOptions ParseConnectionString(string connection)
    {
        try
        {
            return ConfigurationOptions.Parse(connection);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException("The Redis connection string cannot be read: expected \"host:port,host:port,option=value\".", exception);
        }
    }

    private static ConfigurationOptions ParseUrl(string url)
    {
        int end = url.IndexOf("://", StringComparison.Ordinal);
        (bool ssl, bool sentinel) = url[..end] switch
        {
            "redis" or "valkey" => (false, false),
            "rediss" or "valkeys" => (true, false),
            "redis+sentinel" => (false, true),
            "rediss+sentinel" => (true, true),
            _ => throw new FormatException("A Redis URL begins with redis://, rediss://, redis+sentinel:// or rediss+sentinel://."),
        };

        var configuration = new ConfigurationOptions { Ssl = ssl };
        string rest = url[(end + 3)..];
        int at = rest.LastIndexOf('@');
        if (at >= 0) ReadCredentials(configuration, rest[..at]);

        string[] path = rest[(at + 1)..].TrimEnd('/').Split('/');
        foreach (string host in path[0].Split(',')) AddHost(configuration, host, sentinel ? SentinelPort : 6_379);

        if (sentinel && path.Length < 2) throw new FormatException("A Sentinel URL names its service: redis+sentinel://host:port/service.");
        if (sentinel) configuration.ServiceName = Uri.UnescapeDataString(path[1]);
        int database = sentinel ? 2 : 1;
        if (path.Length > database + 1) throw new FormatException("A Redis URL ends with its database.");
        if (path.Length == database + 1)
        {
            configuration.DefaultDatabase = int.TryParse(path[database], out int number) && number >= 0
                ? number
                : throw new FormatException("The database of a Redis URL is a number.");
        }

        return configuration;
    }

    private static void ReadCredentials(ConfigurationOptions configuration, string credentials)
    {
        int colon = credentials.IndexOf(':', StringComparison.Ordinal);
        string user = colon < 0 ? credentials : credentials[..colon];
        if (user.Length > 0) configuration.User = Uri.UnescapeDataString(user);
        if (colon >= 0) configuration.Password = Uri.UnescapeDataString(credentials[(colon + 1)..]);
    }

    private static void AddHost(ConfigurationOptions configuration, string host, int defaultPort)
    {
        if (host.Length == 0) throw new FormatException("A Redis URL names at least one host.");
        bool hasPort = host.LastIndexOf(':') > host.LastIndexOf(']');
        configuration.EndPoints.Add(hasPort ? host : $"{host}:{defaultPort}");
    }
}
