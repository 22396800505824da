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
    private readonly AnswerMemo _memo = new();
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
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        try
        {
            IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
            ValueTask<ChatFinding> finding = FindAsync(list, options, cancellationToken);
            if (!finding.IsCompletedSuccessfully) return AnswerAsync(finding, list, options, cancellationToken);

            // A hit in process: no state machine stands between the caller and the answer.
            ChatFinding found = finding.Result;
            return found.Answer is not null ? Task.FromResult(found.ToResponse()) : AnswerAsync(found, list, options, cancellationToken);
        }
        catch (Exception e)
        {
            return Task.FromException<ChatResponse>(e);
        }
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        ChatFinding found = await FindAsync(list, options, cancellationToken).ConfigureAwait(false);
        if (found.Answer is not null)
        {
            await foreach (ChatResponseUpdate update in ReplayAsync(found, cancellationToken).ConfigureAwait(false)) yield return update;
            yield break;
        }

        if (found.Miss is not { } miss)
        {
            bool isFirstUpdate = true;
            await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(list, Below(options), cancellationToken).ConfigureAwait(false))
            {
                yield return isFirstUpdate ? found.Annotate(update) : update;
                isFirstUpdate = false;
            }

            yield break;
        }

        AnswerFlight flight = Join(miss, list, options, streamed: true, out bool isFirst);
        try
        {
            using FlightReader reader = flight.Watch(cancellationToken);
            for (bool isFirstUpdate = true; await reader.MoveNextAsync().ConfigureAwait(false); isFirstUpdate = false)
                yield return isFirstUpdate ? found.Annotate(reader.Current, !isFirst) : reader.Current;
        }
        finally
        {
            flight.Leave();
        }
    }

    /// <summary>
    /// Takes the answer back that this request hits: it was wrong. The same words no longer get it; where it was the answer to similar words, the two texts never
    /// answer each other again, in any process of the store.
    /// </summary>
    /// <param name="messages">The conversation, as it was asked.</param>
    /// <param name="options">The options, as they were; tenant and other wishes included.</param>
    /// <param name="right">The right answer, to be stored instead. Null: none.</param>
    /// <param name="cancellationToken">Ends the wait for the store; in this process the report holds already.</param>
    /// <returns>False if the request hits nothing, or does not go through the cache: then nothing was changed.</returns>
    /// <exception cref="ArgumentException">The right answer holds something that cannot be stored.</exception>
    public async Task<bool> ReportWrongHitAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, ChatResponse? right = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        byte[]? payload = right is null ? null : AnswerCodec.Encode(right) ?? throw new ArgumentException("The answer holds something that cannot be stored.", nameof(right));
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        RefrainRequest request = RefrainRequest.Of(options);
        request.Validate();
        if (RequestAdmission.Judge(list, options, request, _options) != BypassReason.None) return false;
        if ((Volatile.Read(ref _cache) ?? await OpenAsync(cancellationToken).ConfigureAwait(false)) is not { } cache) return false;
        string? condensed = _options.Condense is { } condense ? await condense(list, cancellationToken).ConfigureAwait(false) : null;
        using ChatLookup lookup = ChatLookup.Of(request.Tenant ?? _options.Tenant, _provider, list, options, request, _options, condensed);
        if (lookup.Refusal != BypassReason.None) return false;
        CacheQuery query = lookup.Keep();
        CacheResult wrong = await cache.GetAsync(query, cancellationToken).ConfigureAwait(false);
        if (!wrong.IsHit) return false;
        await cache.ReportWrongHitAsync(query, wrong, payload is null ? null : new CacheAnswer(payload), cancellationToken).ConfigureAwait(false);
        return true;
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
    private ValueTask<ChatFinding> FindAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        RefrainRequest request = RefrainRequest.Of(options);
        request.Validate();
        BypassReason reason = RequestAdmission.Judge(messages, options, request, _options);
        if (reason != BypassReason.None) return new(Bypass(reason));
        return Volatile.Read(ref _cache) is { } cache && _options.Condense is null
            ? FindAsync(cache, request, messages, options, condensed: null, cancellationToken)
            : PrepareAsync(request, messages, options, cancellationToken);
    }

    private ValueTask<ChatFinding> FindAsync(
        SemanticCache cache, RefrainRequest request, IReadOnlyList<ChatMessage> messages, ChatOptions? options, string? condensed, CancellationToken cancellationToken)
    {
        long landed = _flights.Landed;
        ChatLookup? lookup = ChatLookup.Of(request.Tenant ?? _options.Tenant, _provider, messages, options, request, _options, condensed);
        try
        {
            if (lookup.Refusal != BypassReason.None) return new(Bypass(lookup.Refusal));
            if (request.Refresh) return new(Judge(default, lookup, request, landed));
            ValueTask<CacheResult> asked = cache.GetAsync(lookup.Query, cancellationToken);
            if (asked.IsCompletedSuccessfully) return new(Judge(asked.Result, lookup, request, landed));
            ChatLookup lent = lookup;
            lookup = null;
            return JudgeAsync(asked, lent, request, landed);
        }
        catch (ArgumentException)
        {
            return new(Bypass(BypassReason.Refused));
        }
        finally
        {
            lookup?.Dispose();
        }
    }

    private async ValueTask<ChatFinding> PrepareAsync(
        RefrainRequest request, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if ((Volatile.Read(ref _cache) ?? await OpenAsync(cancellationToken).ConfigureAwait(false)) is not { } cache) return Bypass(BypassReason.NoCache);
        string? condensed = _options.Condense is { } condense ? await condense(messages, cancellationToken).ConfigureAwait(false) : null;
        return await FindAsync(cache, request, messages, options, condensed, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ChatFinding> JudgeAsync(ValueTask<CacheResult> asked, ChatLookup lookup, RefrainRequest request, long landed)
    {
        try
        {
            return Judge(await asked.ConfigureAwait(false), lookup, request, landed);
        }
        catch (ArgumentException)
        {
            // The text is no well-formed UTF-16: the provider may read it as it likes, the cache will not.
            return Bypass(BypassReason.Refused);
        }
        finally
        {
            lookup.Dispose();
        }
    }

    private ChatFinding Judge(in CacheResult result, ChatLookup lookup, RefrainRequest request, long landed)
    {
        if (result.IsHit && _memo.Read(result.Payload) is { } answer)
        {
            _totals.Hit(result, lookup.Query.Text, _options);
            return ChatFinding.OfHit(answer, result);
        }

        // Bytes that are no answer, of an older version say, are a miss, and nothing else of them counts.
        CacheResult missed = result.IsHit ? default : result;
        _totals.Miss(missed, lookup.Query.Text, _options);
        if (request.NoStore) return ChatFinding.OfMiss(miss: null, missed);
        CacheQuery query = lookup.Keep();
        if (!missed.Embedding.IsEmpty) query = query with { Embedding = missed.Embedding };
        return ChatFinding.OfMiss(new ChatMiss(query, request.Refresh, landed), missed);
    }

    private async Task<ChatResponse> AnswerAsync(
        ValueTask<ChatFinding> finding, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        ChatFinding found = await finding.ConfigureAwait(false);
        return found.Answer is not null ? found.ToResponse() : await AnswerAsync(found, messages, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The answer of the client below, whoever asks it.</summary>
    private async Task<ChatResponse> AnswerAsync(ChatFinding found, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (found.Miss is not { } miss)
            return found.Annotate(await base.GetResponseAsync(messages, Below(options), cancellationToken).ConfigureAwait(false));

        AnswerFlight flight = Join(miss, messages, options, streamed: false, out bool isFirst);
        try
        {
            return found.Annotate(await flight.GetResponseAsync(cancellationToken).ConfigureAwait(false), !isFirst);
        }
        finally
        {
            flight.Leave();
        }
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
        return ChatFinding.OfBypass(reason);
    }

    private AnswerFlight Join(ChatMiss miss, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool streamed, out bool isFirst)
    {
        AnswerFlight flight = _flights.Join(miss.Key, RefrainRequest.Of(options), out isFirst);
        if (isFirst) _ = FlyAsync(miss, flight, messages, Below(options), streamed);
        else _totals.Share();
        return flight;
    }

    /// <summary>Runs an upstream call for all who wait. It never throws: failures go to those who wait.</summary>
    private async Task FlyAsync(
        ChatMiss miss, AnswerFlight flight, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool streamed)
    {
        // The call may outlive its caller, who may then change what was passed. Nor are the caller's stack and locks the provider's business.
        messages = [.. messages];
        options = options?.Clone();
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            // Held until the answer is stored, so that other processes wait for it rather than ask for one of their own.
            using CacheFlight? lease = miss.IsRefresh ? null : await _cache!.BeginFlightAsync(miss.Query, flight.Token).ConfigureAwait(false);
            if (lease is not null && await FindLandedAsync(miss, lease.Result, flight.Token).ConfigureAwait(false) is { } landed)
            {
                foreach (ChatResponseUpdate update in landed.ToUpdates()) flight.Publish(update);
                Land(miss.Key, flight, response: null);
            }
            else if (streamed)
            {
                await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, options, flight.Token).ConfigureAwait(false))
                    flight.Publish(update);
                ValueTask stored = _store.StoreAsync(_cache!, miss.Query, flight.Updates, flight.Wishes);
                Land(miss.Key, flight, response: null);
                await stored.ConfigureAwait(false);
            }
            else
            {
                ChatResponse response = await base.GetResponseAsync(messages, options, flight.Token).ConfigureAwait(false);
                ValueTask stored = _store.StoreAsync(_cache!, miss.Query, response, flight.Wishes);
                Land(miss.Key, flight, response);
                await stored.ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _flights.Land(miss.Key, flight);
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

    /// <summary>Another process may have made the answer, or another flight of this key have landed between this caller's look-up and the start of its own.</summary>
    private async ValueTask<StoredAnswer?> FindLandedAsync(ChatMiss miss, CacheResult made, CancellationToken cancellationToken)
    {
        if (!made.IsHit && _flights.Landed != miss.Landed)
        {
            CacheQuery exact = new(miss.Query.Scope, miss.Query.Text) { Policy = HitPolicy.ExactOnly };
            made = await _cache!.GetAsync(exact, cancellationToken).ConfigureAwait(false);
        }

        return made.IsHit && AnswerCodec.TryDecode(made.Payload, out StoredAnswer? answer) ? answer : null;
    }

    private async IAsyncEnumerable<ChatResponseUpdate> ReplayAsync(ChatFinding found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isFirst = true;
        foreach (ChatResponseUpdate update in found.Answer!.ToUpdates())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isFirst && _options.ReplayPause > TimeSpan.Zero)
                await Task.Delay(_options.ReplayPause, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            yield return isFirst ? found.Annotate(update) : update;
            isFirst = false;
        }
    }

    /// <summary>A router below still needs to know the tenant; any other client gets no property of ours.</summary>
    private ChatOptions? Below(ChatOptions? options) => _routerBelow ? options : options.WithoutRefrain();
}
