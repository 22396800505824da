namespace Refrain.Gateway;

/// <summary>Where settings come from: the environment, and above it the command line.</summary>
internal static class GatewayConfiguration
{
    /// <summary>Builds the configuration.</summary>
    /// <param name="overrides">What the command line says, by the names of the environment; null values say nothing.</param>
    public static IConfigurationRoot Build(params IEnumerable<KeyValuePair<string, string?>> overrides) => new ConfigurationBuilder()
        .AddEnvironmentVariables("ASPNETCORE_")
        .AddEnvironmentVariables()
        .AddInMemoryCollection(overrides.Where(setting => setting.Value is not null))
        .Build();
}
