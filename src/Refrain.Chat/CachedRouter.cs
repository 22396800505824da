using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>A cache, a router and a budget in one: the shortest way from a list of models to answers that are paid for once.</summary>
/// <remarks>The budget sits below the cache, so a hit spends nothing of it.</remarks>
public sealed class CachedRouter : IChatClient, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CachedRouterOptions _options;
    private readonly RefrainChatClient _client;
    private readonly MemoryStore _ownStore = new();
    private Task<SemanticCache>? _own;
    private bool _isDisposed;

    private CachedRouter(ChatRouter router, Budget budget, SemanticCache? cache, CachedRouterOptions options)
    {
        Router = router;
        Budget = budget;
        _options = options;
        _client = cache is not null
            ? new RefrainChatClient(router, cache, options.Chat)
            : new RefrainChatClient(router, token => new ValueTask<SemanticCache>(OpenOwn().WaitAsync(token)), options.Chat);
    }

    /// <summary>The router below the cache.</summary>
    public ChatRouter Router { get; }

    /// <summary>The initial budget.</summary>
    public Budget Budget { get; }

    /// <summary>Puts a cache and a budget in front of routes.</summary>
    /// <param name="routes">At least one.</param>
    /// <param name="initialBudget">What the upstream calls may cost in all, in the currency of the routes' prices; from 0.</param>
    /// <param name="cache">The cache; stays the caller's to dispose of. Null: one in memory, which goes with the router.</param>
    /// <param name="options">Null: the defaults.</param>
    public static CachedRouter Create(
        IEnumerable<ChatRoute> routes, decimal initialBudget, SemanticCache? cache = null, CachedRouterOptions? options = null)
    {
        options ??= new CachedRouterOptions();
        options.Chat.Validate();
        options.Cache.Validate();
        var budget = new Budget("initial", initialBudget, options.BudgetWindow, softLimit: null, options.Router.TimeProvider);
        options.Router.Budgets.Add(budget);
        return new CachedRouter(new ChatRouter(routes, options.Router), budget, cache, options);
    }

    /// <summary>Asks one question.</summary>
    /// <param name="prompt">The question; not empty.</param>
    /// <param name="temperature">From 0. Only up to <see cref="RefrainChatOptions.TemperatureMax"/> are answers cached.</param>
    /// <param name="model">The model that is asked for. Null: whichever route comes first.</param>
    /// <param name="system">What the model is told to be. Null: nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BudgetExceededException">The worst case does not fit into the budget.</exception>
    public async Task<RouterResult> InvokeAsync(
        string prompt, float temperature = 0, string? model = null, string? system = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(prompt);
        if (!float.IsFinite(temperature) || temperature < 0)
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "A temperature is a finite number from 0.");
        List<ChatMessage> messages = system is null ? [] : [new ChatMessage(ChatRole.System, system)];
        messages.Add(new ChatMessage(ChatRole.User, prompt));
        var options = new ChatOptions { Temperature = temperature, ModelId = model };
        ChatResponse response = await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);

        RefrainOutcome outcome = RefrainOutcome.Of(response.AdditionalProperties);
        bool cached = outcome.Kind != HitKind.None;
        bool free = cached || outcome.Shared;
        long tokens = free ? 0 : response.Usage?.TotalTokenCount ?? ((response.Usage?.InputTokenCount ?? 0) + (response.Usage?.OutputTokenCount ?? 0));
        return new RouterResult(
            response.Text, cached, outcome.Kind, outcome.Similarity, response.ModelId ?? outcome.Model, free ? 0 : outcome.Cost ?? 0, tokens, outcome.Saved);
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        return _client.GetResponseAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        return _client.GetStreamingResponseAsync(messages, options, cancellationToken);
    }

    /// <summary>What the router has done since it was made.</summary>
    public CachedRouterStatistics GetCacheStatistics()
    {
        ChatStatistics chats = _client.GetStatistics();
        CacheStatistics? cache = _client.GetService<SemanticCache>()?.GetStatistics();
        return new CachedRouterStatistics
        {
            TotalOperations = chats.Requests,
            HitRate = chats.HitRate,
            SemanticHitRate = chats.SemanticHitRate,
            AverageHitLatency = cache?.HitLatency.Average ?? TimeSpan.Zero,
            BudgetSaved = chats.NetSaved,
            BudgetSpent = Budget.Spent,
            BudgetRemaining = Budget.Remaining,
            Chats = chats,
            Router = Router.GetStatistics(),
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is null && serviceType.IsInstanceOfType(this)) return this;
        return _client.GetService(serviceType, serviceKey);
    }

    /// <summary>Forgets the router's own cache. <see cref="DisposeAsync"/> also waits for it.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    /// <summary>Closes the router's own cache, if it has opened one.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<SemanticCache>? own;
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            own = _own;
        }

        if (own is not null)
        {
            await ((Task)own).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (own.IsCompletedSuccessfully) await (await own.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }

        _client.Dispose();
        await _ownStore.DisposeAsync().ConfigureAwait(false);
    }

    private Task<SemanticCache> OpenOwn()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var services = new SemanticCacheServices { TimeProvider = _options.Chat.TimeProvider };
            return _own ??= SemanticCache.OpenAsync(_options.Cache, _ownStore, _options.Embedder, services).AsTask();
        }
    }
}
