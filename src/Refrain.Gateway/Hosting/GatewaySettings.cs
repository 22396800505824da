using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>How the program runs, read once from the environment and the command line.</summary>
internal sealed record GatewaySettings
{
    /// <summary>The port unless another is asked for.</summary>
    public const int PortDefault = 8080;

    /// <summary>Whose answers a caller without a key sees.</summary>
    public const string LocalTenant = "local";

    /// <summary>The servers to ask, in order of preference. None: the demo model answers.</summary>
    public IReadOnlyList<UpstreamOptions> Upstreams { get; init; } = [];

    /// <summary>The keys that callers must present. Empty: none is asked for, and only the machine itself may call.</summary>
    public IReadOnlyList<Secret> ApiKeys { get; init; } = [];

    /// <summary>The addresses to listen on. Null: <see cref="Host"/> and <see cref="Port"/> say it.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    /// <summary>The address to listen on.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 takes any that is free. Null: <see cref="PortDefault"/>, or the next free one.</summary>
    public int? Port { get; init; }

    /// <summary>Where the data lies, or null for the user's own place.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Largest request body taken.</summary>
    public int RequestBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>A request is cached up to this temperature.</summary>
    public float TemperatureMax { get; init; } = 0.1f;

    /// <summary>Whether a request that names no temperature is cached.</summary>
    public bool CacheWithoutTemperature { get; init; }

    /// <summary>Whether answers that call tools are stored.</summary>
    public bool StoreToolCalls { get; init; }

    /// <summary>Top-level request properties that are no part of a request's identity.</summary>
    public IReadOnlyList<string> IgnoredFields { get; init; } = WireIdentity.IgnoredByDefault;

    /// <summary>A file of prices, or null for those that the program knows.</summary>
    public string? PricesPath { get; init; }

    /// <summary>The most that all callers together may cost in a window. Null: no limit.</summary>
    public decimal? Budget { get; init; }

    /// <summary>The most that each caller may cost in a window. Null: no limit.</summary>
    public decimal? CallerBudget { get; init; }

    /// <summary>When budgets start anew.</summary>
    public BudgetWindow BudgetWindow { get; init; } = BudgetWindow.Month;

    /// <summary>
    /// Whether upstreams are asked with the callers' own keys. What a caller presents is the gateway's key where the gateway asks for one, and then nobody else's business.
    /// </summary>
    public bool HandsKeyOn => ApiKeys.Count == 0 && Upstreams.Any(upstream => !upstream.Key.IsSet);

    /// <summary>Everything as it was read, for the parts that read their own settings.</summary>
    public required IConfiguration Configuration { get; init; }

    /// <summary>Reads and checks.</summary>
    /// <exception cref="SettingsException">A setting cannot be used.</exception>
    public static GatewaySettings Read(IConfiguration configuration)
    {
        var reader = new SettingReader(configuration);
        var defaults = new GatewaySettings { Configuration = configuration };
        string? host = reader.Text(SettingNames.Host);
        int? port = reader.Integer(SettingNames.Port, 0, 65_535);
        return defaults with
        {
            Upstreams = [.. ReadUpstreams(reader)],
            ApiKeys = [.. (reader.List(SettingNames.ApiKeys) ?? []).Select(key => new Secret(key))],
            Urls = host is null && port is null ? reader.Text("URLS")?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : null,
            Host = host ?? defaults.Host,
            Port = port,
            DataDirectory = reader.Text(SettingNames.Data),
            RequestBytesMax = reader.Integer(SettingNames.RequestBytesMax, 1024, 1 << 30) ?? defaults.RequestBytesMax,
            TemperatureMax = reader.Number(SettingNames.TemperatureMax, 0, 2) ?? defaults.TemperatureMax,
            CacheWithoutTemperature = reader.Flag(SettingNames.CacheWithoutTemperature),
            StoreToolCalls = reader.Flag(SettingNames.StoreToolCalls),
            IgnoredFields = reader.List(SettingNames.IgnoreFields) ?? defaults.IgnoredFields,
            PricesPath = reader.Text(SettingNames.Prices),
            Budget = reader.Amount(SettingNames.Budget),
            CallerBudget = reader.Amount(SettingNames.CallerBudget),
            BudgetWindow = reader.Word<BudgetWindow>(SettingNames.BudgetWindow) ?? defaults.BudgetWindow,
        };
    }

    private static IEnumerable<UpstreamOptions> ReadUpstreams(SettingReader reader)
    {
        bool gap = false;
        for (int place = 1; place <= SettingNames.UpstreamCountMax; place++)
        {
            string urlName = SettingNames.OfUpstream(SettingNames.UpstreamUrl, place);
            if (reader.Address(urlName) is not { } url)
            {
                gap = true;
                continue;
            }
            if (gap)
                throw new SettingsException($"{urlName} is set, but {SettingNames.OfUpstream(SettingNames.UpstreamUrl, place - 1)} is not: upstreams are numbered without a gap.");
            int seconds = reader.Integer(SettingNames.OfUpstream(SettingNames.UpstreamTimeoutSeconds, place), 1, 86_400) ?? 600;
            yield return new UpstreamOptions
            {
                Url = url,
                Key = reader.Secret(SettingNames.OfUpstream(SettingNames.UpstreamApiKey, place)),
                Model = reader.Text(SettingNames.OfUpstream(SettingNames.UpstreamModel, place)),
                Timeout = TimeSpan.FromSeconds(seconds),
            };
        }
    }
}
