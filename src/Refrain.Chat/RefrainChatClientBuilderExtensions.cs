using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Refrain.Chat;

/// <summary>Adds the cache to a pipeline of chat clients.</summary>
public static class RefrainChatClientBuilderExtensions
{
    /// <summary>Answers from this cache what it can.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="cache">The cache; stays the caller's to dispose of.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static ChatClientBuilder UseRefrain(this ChatClientBuilder builder, SemanticCache cache, RefrainChatOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(cache);
        return builder.Use((inner, services) => new RefrainChatClient(inner, cache, options, services.GetService<ILoggerFactory>()));
    }

    /// <summary>Answers from the application's cache what it can: the one that <c>services.AddRefrain()</c> added.</summary>
    /// <param name="builder">The pipeline, built with the application's services.</param>
    /// <param name="configure">Changes the options. Null: the defaults.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static ChatClientBuilder UseRefrain(this ChatClientBuilder builder, Action<RefrainChatOptions>? configure = null) =>
        UseRefrain(builder, RefrainServices.DefaultName, configure);

    /// <summary>Answers from one of the application's caches what it can: the one that <c>services.AddRefrain(name)</c> added.</summary>
    /// <param name="builder">The pipeline, built with the application's services.</param>
    /// <param name="name">Name of the cache. It is opened by the first request.</param>
    /// <param name="configure">Changes the options. Null: the defaults.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static ChatClientBuilder UseRefrain(this ChatClientBuilder builder, string name, Action<RefrainChatOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Use((inner, services) =>
        {
            NamedCaches caches = services.GetService<NamedCaches>()
                ?? throw new InvalidOperationException($"There are no caches among the services: call services.AddRefrain(\"{name}\"), or give UseRefrain a cache.");
            var options = new RefrainChatOptions
            {
                TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System,
                MeterFactory = services.GetService<IMeterFactory>(),
            };
            configure?.Invoke(options);
            return new RefrainChatClient(inner, cancellation => caches.GetAsync(name, cancellation), options, services.GetService<ILoggerFactory>());
        });
    }
}
