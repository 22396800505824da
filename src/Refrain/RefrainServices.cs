using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Refrain;

/// <summary>Puts caches into an application's services.</summary>
public static class RefrainServices
{
    /// <summary>Name of the cache that has no other.</summary>
    public const string DefaultName = "default";

    /// <summary>Adds the cache named <see cref="DefaultName"/>. See <see cref="AddRefrain(IServiceCollection, string, Action{SemanticCacheOptions})"/>.</summary>
    public static IServiceCollection AddRefrain(this IServiceCollection services, Action<SemanticCacheOptions>? configure = null) => AddRefrain(services, DefaultName, configure);

    /// <summary>
    /// Adds a cache, to be had from <see cref="NamedCaches"/>. Its options come from the configuration (<see cref="RefrainConfiguration"/>), then from
    /// <paramref name="configure"/>, and are validated when the host starts. Caches of different names never share an answer, not even over one store.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">Letters, digits, '-' and '_'.</param>
    /// <param name="configure">Has the last word on the options. Null: nothing to add.</param>
    public static IServiceCollection AddRefrain(this IServiceCollection services, string name, Action<SemanticCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        services.TryAddSingleton<NamedCaches>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SemanticCacheOptions>, SemanticCacheOptionsValidator>());
        services.AddOptions<SemanticCacheOptions>(name)
            .Configure<IServiceProvider>((options, provider) =>
            {
                options.Name = name;
                if (provider.GetService<IConfiguration>() is { } configuration)
                    options.ReadRefrain(configuration);
                if (name != DefaultName)
                    options.Namespace = options.Namespace.Length == 0 ? name : $"{options.Namespace}/{name}";
                configure?.Invoke(options);
            })
            .ValidateOnStart();
        return services;
    }
}
