using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Refrain.Chat;

/// <summary>
/// Answers chats from the cache, and lets the client below answer the others: one upstream call for a request, however many wait. A stored answer
/// serves whoever wants it in one piece and whoever wants a stream.
/// </summary>
/// <remarks>Only failures of the client below reach the caller. A cache that fails is a miss. The cache stays the caller's to dispose of.</remarks>
public sealed class RefrainChatClient : DelegatingChatClient
{
    private readonly Func<CancellationToken, ValueTask<SemanticCache>>? _open;
    private readonly RefrainChatOptions _options;
    private readonly byte[] _provider;
    private readonly bool _routerBelow;
    private readonly FlightTable _flights;
    private readonly AnswerStore _store;
    private readonly ChatTotals _totals = new();
    private readonly ChatMeter _meter;
    private SemanticCache? _cache;

    /// <summary>A cache in front of a client.</summary>
    /// <param name="innerClient">The client below; disposed of with this one.</param>
    /// <param name="cache">The cache; any number of clients may share one.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="loggerFactory">Null: nothing is logged.</param>
    public RefrainChatClient(IChatClient innerClient, SemanticCache cache, RefrainChatOptions? options = null, ILoggerFactory? loggerFactory = null)
        : this(innerClient, options, loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(cache);
        _cache = cache;
    }

    /// <summary>A cache that is opened by the first request. Until it can be opened, every request goes past it.</summary>
    internal RefrainChatClient(
        IChatClient innerClient, Func<CancellationToken, ValueTask<SemanticCache>> open, RefrainChatOptions? options = null, ILoggerFactory? loggerFactory = null)
        : this(innerClient, options, loggerFactory) => _open = open;

    private RefrainChatClient(IChatClient innerClient, RefrainChatOptions? options, ILoggerFactory? loggerFactory)
        : base(innerClient)
    {
        _options = options ?? new RefrainChatOptions();
        _options.Validate();
        _provider = ProviderIdentity.Of(innerClient, _options.Namespace);
        _routerBelow = innerClient.GetService<ChatRouter>() is not null;
        _flights = new FlightTable(_options.AbandonedTimeout, _options.TimeProvider);
        _store = new AnswerStore(_options, _totals, loggerFactory);
        _meter = new ChatMeter(_options.MeterFactory, _totals.Read);
    }

    /// <summary>What went through this client since it was made.</summary>
    public ChatStatistics GetStatistics() => _totals.Read();

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        ChatFinding found = await FindAsync(list, options, cancellationToken).ConfigureAwait(false);
        if (found.Answer is { } answer) return found.Annotate(answer.ToResponse());
        if (found.Key is not { } key)
            return found.Annotate(await base.GetResponseAsync(list, Below(options), cancellationToken).ConfigureAwait(false));

        AnswerFlight flight = Join(key, found, list, options, streamed: false, out bool isFirst);
        try
        {
            return found.Annotate(await flight.GetResponseAsync(cancellationToken).ConfigureAwait(false), !isFirst);
        }
        finally
        {
            flight.Leave();
        }
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        ChatFinding found = await FindAsync(list, options, cancellationToken).ConfigureAwait(false);
        if (found.Answer is { } answer)
        {
            await foreach (ChatResponseUpdate update in ReplayAsync(answer, found, cancellationToken).ConfigureAwait(false)) yield return update;
            yield break;
        }

        if (found.Key is not { } key)
        {
            bool isFirstUpdate = true;
            await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(list, Below(options), cancellationToken).ConfigureAwait(false))
            {
                yield return isFirstUpdate ? found.Annotate(update) : update;
                isFirstUpdate = false;
            }

            yield break;
        }

        AnswerFlight flight = Join(key, found, list, options, streamed: true, out bool isFirst);
        try
        {
            bool isFirstUpdate = true;
            await foreach (ChatResponseUpdate update in flight.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return isFirstUpdate ? found.Annotate(update, !isFirst) : update;
                isFirstUpdate = false;
            }
        }
        finally
        {
            flight.Leave();
        }
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(SemanticCache) ? Volatile.Read(ref _cache) : base.GetService(serviceType, serviceKey);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _meter.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Asks the cache: an answer, a flight to join, or neither.</summary>
    private async ValueTask<ChatFinding> FindAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        RefrainRequest request = RefrainRequest.Of(options);
        request.Validate();
        BypassReason reason = RequestAdmission.Judge(messages, options, request, _options);
        if (reason != BypassReason.None) return Bypass(reason);

        if ((Volatile.Read(ref _cache) ?? await OpenAsync(cancellationToken).ConfigureAwait(false)) is not { } cache) return Bypass(BypassReason.NoCache);
        string? condensed = _options.Condense is { } condense ? await condense(messages, cancellationToken).ConfigureAwait(false) : null;
        long landed = _flights.Landed;
        using ChatLookup lookup = ChatLookup.Of(request.Tenant ?? _options.Tenant, _provider, messages, options, request, _options, condensed);
        if (lookup.Refusal != BypassReason.None) return Bypass(lookup.Refusal);

        CacheResult result = default;
        try
        {
            if (!request.Refresh) result = await cache.GetAsync(lookup.Query, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // The text is no well-formed UTF-16: the provider may read it as it likes, the cache will not.
            return Bypass(BypassReason.Refused);
        }

        if (result.IsHit && AnswerCodec.TryDecode(result.Payload, out StoredAnswer answer))
        {
            _totals.Hit(result, lookup.Query.Text, _options);
            return ChatFinding.Hit(answer, result);
        }

        _totals.Miss(result, lookup.Query.Text, _options);
        return ChatFinding.Miss(request.NoStore ? null : lookup.Keep(), result, request.Refresh, landed);
    }

    private async ValueTask<SemanticCache?> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            SemanticCache cache = await _open!(cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _cache, cache);
            return cache;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            _store.NoteUnopened(e);
            return null;
        }
    }

    private ChatFinding Bypass(BypassReason reason)
    {
        _totals.Bypass();
        return ChatFinding.Bypass(reason);
    }

    private AnswerFlight Join(FlightKey key, ChatFinding found, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool streamed, out bool isFirst)
    {
        AnswerFlight flight = _flights.Join(key, RefrainRequest.Of(options), out isFirst);
        if (isFirst) _ = FlyAsync(key, flight, found, messages, Below(options), streamed);
        else _totals.Share();
        return flight;
    }

    /// <summary>Runs an upstream call for all who wait. It never throws: failures go to those who wait.</summary>
    private async Task FlyAsync(
        FlightKey key, AnswerFlight flight, ChatFinding found, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool streamed)
    {
        // The call may outlive its caller, who may then change what was passed. Nor are the caller's stack and locks the provider's business.
        messages = [.. messages];
        options = options?.Clone();
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            CacheQuery query = found.Query!.Value;
            if (await FindLandedAsync(found, query, flight.Token).ConfigureAwait(false) is { } landed)
            {
                foreach (ChatResponseUpdate update in landed.ToUpdates()) flight.Publish(update);
                Land(key, flight, response: null);
            }
            else if (streamed)
            {
                await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, options, flight.Token).ConfigureAwait(false))
                    flight.Publish(update);
                ValueTask stored = _store.StoreAsync(_cache!, query, flight.Updates, flight.Wishes);
                Land(key, flight, response: null);
                await stored.ConfigureAwait(false);
            }
            else
            {
                ChatResponse response = await base.GetResponseAsync(messages, options, flight.Token).ConfigureAwait(false);
                ValueTask stored = _store.StoreAsync(_cache!, query, response, flight.Wishes);
                Land(key, flight, response);
                await stored.ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _flights.Land(key, flight);
            flight.Fail(e);
        }
        finally
        {
            flight.Dispose();
        }
    }

    /// <summary>Off the table first: whoever has the answer and asks again finds it stored, or is answered anew, but never joins what is over.</summary>
    private void Land(FlightKey key, AnswerFlight flight, ChatResponse? response)
    {
        _flights.Land(key, flight);
        flight.Complete(response);
    }

    /// <summary>Another flight of this key may have landed between this caller's look-up and the start of its own.</summary>
    private async ValueTask<StoredAnswer?> FindLandedAsync(ChatFinding found, CacheQuery query, CancellationToken cancellationToken)
    {
        if (found.IsRefresh || _flights.Landed == found.Landed) return null;
        CacheQuery exact = new(query.Scope, query.Text) { Policy = HitPolicy.ExactOnly };
        CacheResult result = await _cache!.GetAsync(exact, cancellationToken).ConfigureAwait(false);
        return result.IsHit && AnswerCodec.TryDecode(result.Payload, out StoredAnswer answer) ? answer : null;
    }

    private async IAsyncEnumerable<ChatResponseUpdate> ReplayAsync(
        StoredAnswer answer, ChatFinding found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<ChatResponseUpdate> updates = answer.ToUpdates();
        for (int i = 0; i < updates.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (i > 0 && _options.ReplayPause > TimeSpan.Zero)
                await Task.Delay(_options.ReplayPause, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            yield return i == 0 ? found.Annotate(updates[i]) : updates[i];
        }
    }

    /// <summary>A router below still needs to know the tenant; any other client gets no property of ours.</summary>
    private ChatOptions? Below(ChatOptions? options) => _routerBelow ? options : options.WithoutRefrain();
}
