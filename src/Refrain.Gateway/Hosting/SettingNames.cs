namespace Refrain.Gateway;

/// <summary>The environment variables that the program itself reads; the cache's own begin with CACHE_. docs/configuration.md tells them all.</summary>
internal static class SettingNames
{
    public const string ApiKeys = "REFRAIN_API_KEYS";
    public const string Budget = "REFRAIN_BUDGET";
    public const string BudgetWindow = "REFRAIN_BUDGET_WINDOW";
    public const string CacheWithoutTemperature = "REFRAIN_CACHE_WITHOUT_TEMPERATURE";
    public const string CallerBudget = "REFRAIN_BUDGET_CALLER";
    public const string Data = "REFRAIN_DATA";
    public const string Embedder = "REFRAIN_EMBEDDER";
    public const string Host = "REFRAIN_HOST";
    public const string IgnoreFields = "REFRAIN_IGNORE_FIELDS";
    public const string Port = "REFRAIN_PORT";
    public const string Prices = "REFRAIN_PRICES";
    public const string RequestBytesMax = "REFRAIN_REQUEST_BYTES_MAX";
    public const string StoreToolCalls = "REFRAIN_STORE_TOOL_CALLS";
    public const string TemperatureMax = "REFRAIN_TEMPERATURE_MAX";
    public const string UpstreamApiKey = "REFRAIN_UPSTREAM_API_KEY";
    public const string UpstreamModel = "REFRAIN_UPSTREAM_MODEL";
    public const string UpstreamTimeoutSeconds = "REFRAIN_UPSTREAM_TIMEOUT_SECONDS";
    public const string UpstreamUrl = "REFRAIN_UPSTREAM_URL";

    /// <summary>How many upstreams can be configured: the one above and REFRAIN_UPSTREAM_2_… to _9_…, asked in that order.</summary>
    public const int UpstreamCountMax = 9;

    /// <summary>Name of a setting of the upstream at this place, counted from 1.</summary>
    public static string OfUpstream(string name, int place) =>
        place == 1 ? name : name.Replace("REFRAIN_UPSTREAM_", $"REFRAIN_UPSTREAM_{place}_", StringComparison.Ordinal);
}
