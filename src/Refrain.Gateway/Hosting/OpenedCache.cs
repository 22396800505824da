namespace Refrain.Gateway;

/// <summary>The cache with all that it stands on, opened by configuration; closed in the other order.</summary>
internal sealed class OpenedCache : IAsyncDisposable
{
    private readonly DataLock _lock;

    private OpenedCache(DataLock dataLock, string directory, EmbedderChoice embedder, IDurableStore store, SemanticCache cache)
    {
        _lock = dataLock;
        Directory = directory;
        Embedder = embedder;
        Store = store;
        Cache = cache;
    }

    public string Directory { get; }

    public EmbedderChoice Embedder { get; }

    public IDurableStore Store { get; }

    public SemanticCache Cache { get; }

    /// <summary>Opens everything.</summary>
    /// <exception cref="SettingsException">A setting cannot be used, or the directory is taken.</exception>
    public static async Task<OpenedCache> OpenAsync(GatewaySettings settings, SemanticCacheServices services, CancellationToken cancellation)
    {
        string directory = DataDirectory.Open(settings.DataDirectory, Environment.GetEnvironmentVariable);
        SemanticCacheOptions options = CacheOptions.Read(settings.Configuration);
        options.DataDirectory = directory;
        DataLock dataLock = DataLock.Take(directory);
        EmbedderChoice? embedder = null;
        IDurableStore? store = null;
        try
        {
            embedder = EmbedderChoice.Open(settings.Configuration, services.LoggerFactory, services.TimeProvider ?? TimeProvider.System);
            store = await StoreChoice.OpenAsync(
                settings.Configuration, directory, services.TimeProvider ?? TimeProvider.System, services.LoggerFactory, services.MeterFactory, cancellation).ConfigureAwait(false);
            SemanticCache cache = await SemanticCache.OpenAsync(options, store, embedder.Generator, services, cancellation).ConfigureAwait(false);
            return new OpenedCache(dataLock, directory, embedder, store, cache);
        }
        catch
        {
            if (store is not null)
                await store.DisposeAsync().ConfigureAwait(false);
            embedder?.Dispose();
            dataLock.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        Embedder.Dispose();
        _lock.Dispose();
    }
}
