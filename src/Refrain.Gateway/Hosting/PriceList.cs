using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>The prices in use.</summary>
internal static class PriceList
{
    /// <summary>The file that is configured; else the demo model's prices where it answers; else none, and money counts as nothing.</summary>
    /// <exception cref="SettingsException">The file cannot be read, or is no price list.</exception>
    public static ModelPrices? Open(GatewaySettings settings)
    {
        if (settings.PricesPath is not { } path)
            return settings.Upstreams.Count == 0 ? ModelPrices.Parse(DemoPrices.Json) : null;
        try
        {
            return ModelPrices.Load(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new SettingsException($"{SettingNames.Prices}: {path}: {e.Message}", e);
        }
    }
}
