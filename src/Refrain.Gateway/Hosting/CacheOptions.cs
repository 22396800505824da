namespace Refrain.Gateway;

/// <summary>The cache's own options, as the library reads them from the environment.</summary>
internal static class CacheOptions
{
    /// <summary>Reads and checks.</summary>
    /// <exception cref="SettingsException">An option cannot be used.</exception>
    public static SemanticCacheOptions Read(IConfiguration configuration)
    {
        var options = new SemanticCacheOptions();
        try
        {
            options.ReadRefrain(configuration);
            options.Validate();
        }
        catch (ArgumentException e)
        {
            throw new SettingsException(e.Message, e);
        }
        return options;
    }
}
