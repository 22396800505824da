using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Refrain;

/// <summary>
/// The caches of an application, each opened when it is first asked for and then shared by all. Stores and embedders are services: those registered under the
/// cache's name as key, else those without a key; without any store answers are kept in memory.
/// </summary>
public sealed class NamedCaches : IAsyncDisposable
{
    private readonly IServiceProvider _services;
    private readonly IOptionsMonitor<SemanticCacheOptions> _options;
    private readonly ConcurrentDictionary<string, Lazy<Task<SemanticCache>>> _caches = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<MemoryStore> _ownStores = [];

    /// <summary>Made by <see cref="RefrainServices.AddRefrain(IServiceCollection, Action{SemanticCacheOptions})"/>.</summary>
    public NamedCaches(IServiceProvider services, IOptionsMonitor<SemanticCacheOptions> options)
    {
        _services = services;
        _options = options;
    }

    /// <summary>The cache of this name, open.</summary>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public async ValueTask<SemanticCache> GetAsync(string name = RefrainServices.DefaultName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Lazy<Task<SemanticCache>> opening = _caches.GetOrAdd(name, static (key, caches) => new Lazy<Task<SemanticCache>>(() => caches.OpenAsync(key)), this);
        try
        {
            return await opening.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (opening.Value.IsFaulted)
        {
            // The next caller tries anew.
            _caches.TryRemove(KeyValuePair.Create(name, opening));
            throw;
        }
    }

    /// <summary>Closes every cache that was opened.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<SemanticCache>> opening in _caches.Values)
        {
            if (opening.IsValueCreated && opening.Value.IsCompletedSuccessfully)
                await (await opening.Value.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }

        while (_ownStores.TryTake(out MemoryStore? store))
            await store.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<SemanticCache> OpenAsync(string name)
    {
        TimeProvider? time = _services.GetService<TimeProvider>();
        var services = new SemanticCacheServices
        {
            TimeProvider = time,
            LoggerFactory = _services.GetService<ILoggerFactory>(),
            MeterFactory = _services.GetService<IMeterFactory>(),
            EmbeddingSpace = Find<EmbeddingSpace>(name),
        };
        IDurableStore? store = Find<IDurableStore>(name);
        if (store is null)
        {
            var own = new MemoryStore(time);
            _ownStores.Add(own);
            store = own;
        }

        return await SemanticCache.OpenAsync(_options.Get(name), store, Find<IEmbeddingGenerator<string, Embedding<float>>>(name), services).ConfigureAwait(false);
    }

    private T? Find<T>(string name)
        where T : class => _services.GetKeyedService<T>(name) ?? _services.GetService<T>();
}
