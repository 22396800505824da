using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>
/// Several routes that look like one client: the first answers, the next takes over when it cannot, and no budget is ever overspent.
/// A stream moves to another route only before its first token has gone out.
/// </summary>
/// <remarks>The router owns neither its routes' clients nor its budgets.</remarks>
public sealed class ChatRouter : IChatClient
{
    private readonly ChatRouterOptions _options;
    private readonly RouteState[] _states;
    private readonly RouteLoop _loop;
    private readonly RouterTotals _totals = new();
    private readonly ChatClientMetadata _metadata;
    private readonly RouterMeter _meter;

    /// <summary>A router over routes.</summary>
    /// <param name="routes">At least one; names differ.</param>
    /// <param name="options">Null: the defaults.</param>
    public ChatRouter(IEnumerable<ChatRoute> routes, ChatRouterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(routes);
        _options = options ?? new ChatRouterOptions();
        _options.Validate();
        Routes = [.. routes];
        if (Routes.Count == 0) throw new ArgumentException("A router has at least one route.", nameof(routes));
        foreach (ChatRoute route in Routes) route.Validate();
        if (Routes.Select(route => route.Name).Distinct(StringComparer.Ordinal).Count() != Routes.Count)
            throw new ArgumentException("Names of routes differ from each other.", nameof(routes));
        _states = [.. Routes.Select(route => new RouteState(route, _options))];
        _loop = new RouteLoop(_states, _options, _totals);
        _meter = new RouterMeter(_options.MeterFactory, GetStatistics, GetHealth, () => _options.Budgets.Concat(Routes.SelectMany(static route => route.Budgets)).Distinct());
        _metadata = new ChatClientMetadata("refrain-router", providerUri: null, IdentityOf(Routes));
    }

    /// <summary>The routes, in the order given.</summary>
    public IReadOnlyList<ChatRoute> Routes { get; }

    /// <summary>How each route is doing, in the order of <see cref="Routes"/>.</summary>
    public IReadOnlyList<RouteHealth> GetHealth() => [.. _states.Select(state => state.GetHealth())];

    /// <summary>What went through the router since it was made.</summary>
    public RouterStatistics GetStatistics() => _totals.Read();

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = new RoutedRequest(messages, options, _options);
        return await _loop.RunAsync(request, SendAsync, static _ => default, except: null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = new RoutedRequest(messages, options, _options);
        var sent = new SentText(_options.ReplayBrokenStreams);
        RoutedStream stream = await OpenAsync(request, except: null, cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                Exception? broken = await TryMoveNextAsync(stream, sent, cancellationToken).ConfigureAwait(false);
                if (broken is null)
                {
                    if (sent.Current is not { } update) break;
                    yield return update;
                    continue;
                }

                RoutedStream failed = stream;
                stream = await ReopenAsync(request, failed, sent, broken, cancellationToken).ConfigureAwait(false);
                await failed.DisposeAsync().ConfigureAwait(false);
                _totals.Spend(failed.Cost);
            }

            ChatResponseUpdate closing = stream.Closing();
            yield return closing;
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            _totals.Spend(stream.Cost);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType.IsInstanceOfType(this)) return this;
        return serviceType == typeof(ChatClientMetadata) ? _metadata : null;
    }

    /// <summary>Ends the router's own meter. The clients belong to whoever made them.</summary>
    public void Dispose() => _meter.Dispose();

    /// <summary>Routers over the same models are the same provider; a cache above them shares their answers.</summary>
    private static string IdentityOf(IReadOnlyList<ChatRoute> routes)
    {
        IEnumerable<string> models = routes.Select(route =>
        {
            ChatClientMetadata? metadata = route.Client.GetService<ChatClientMetadata>();
            return $"{metadata?.ProviderName ?? route.Name}/{route.Model ?? metadata?.DefaultModelId}";
        });
        return string.Join('|', models.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    private async Task<ChatResponse> SendAsync(RouteCall call)
    {
        try
        {
            call.Limit(call.Route.Timeout);
            ChatResponse response = await call.Route.Client
                .GetResponseAsync(call.Request.Messages, call.Request.OptionsFor(call.Route), call.Token)
                .WaitAsync(call.Token)
                .ConfigureAwait(false);
            call.State.Succeed(call.Elapsed, call.IsProbe);
            CallCost cost = CallCost.Of(
                call.Request.PriceOf(call.Route),
                response.Usage,
                () => call.Request.InputEstimate(call.Route),
                () => TokenCount.OutputEstimate(response.Messages.SelectMany(message => message.Contents), call.Route.Tokenizer));
            call.Settle(cost.Amount);
            _totals.Spend(cost);
            call.Annotate(response.AdditionalProperties ??= [], cost);
            return response;
        }
        finally
        {
            call.Dispose();
        }
    }

    private Task<RoutedStream> OpenAsync(RoutedRequest request, ChatRoute? except, CancellationToken cancellationToken) =>
        _loop.RunAsync(request, OpenAsync, static stream => stream.DisposeAsync(), except, cancellationToken);

    private async Task<RoutedStream> OpenAsync(RouteCall call)
    {
        try
        {
            RoutedStream stream = await RoutedStream.OpenAsync(call, _options.CountsAsToken).ConfigureAwait(false);
            call.State.Succeed(call.Elapsed, call.IsProbe);
            return stream;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>Moves to the next update that is to be sent on, or to the end.</summary>
    /// <returns>Null, or what broke the stream.</returns>
    private async ValueTask<Exception?> TryMoveNextAsync(RoutedStream stream, SentText sent, CancellationToken cancellationToken)
    {
        try
        {
            while (await stream.MoveNextAsync().ConfigureAwait(false))
            {
                if (sent.Take(stream.Current)) return null;
            }

            sent.End();
            if (_options.ReplayBrokenStreams && !stream.IsFinished)
                return new ChatProviderException($"The stream of the route \"{stream.Route.Name}\" closed without its end.");
            return null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Exception failure = e is OperationCanceledException
                ? new TimeoutException($"The stream of the route \"{stream.Route.Name}\" was silent for {stream.Route.SilenceTimeout}.", e)
                : e;
            stream.Call.State.Fail(_loop.Classify(failure), isProbe: false);
            _totals.Fail();
            return failure;
        }
    }

    private async ValueTask<RoutedStream> ReopenAsync(
        RoutedRequest request, RoutedStream failed, SentText sent, Exception broken, CancellationToken cancellationToken)
    {
        if (!sent.CanReplay) throw Rethrown(broken);
        try
        {
            RoutedStream next = await OpenAsync(request, failed.Route, cancellationToken).ConfigureAwait(false);
            sent.Replay(broken);
            return next;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Rethrown(broken);
        }
    }

    private static Exception Rethrown(Exception failure)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return failure;
    }
}
