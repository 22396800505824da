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

    /// <summary>Answers from a cache of the services what it can.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="configure">Changes the options; null: the defaults.</param>
    /// <param name="serviceKey">Key of the cache among the services. Null: the one without a key.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static ChatClientBuilder UseRefrain(this ChatClientBuilder builder, Action<RefrainChatOptions>? configure = null, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) =>
        {
            var options = new RefrainChatOptions { TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System };
            configure?.Invoke(options);
            SemanticCache cache = serviceKey is null
                ? services.GetRequiredService<SemanticCache>()
                : services.GetRequiredKeyedService<SemanticCache>(serviceKey);
            return new RefrainChatClient(inner, cache, options, services.GetService<ILoggerFactory>());
        });
    }
}
