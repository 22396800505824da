using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>An upstream stream whose first token is there. Disposing of it settles what it cost.</summary>
internal sealed class RoutedStream : IAsyncDisposable
{
    private readonly RouteCall _call;
    private readonly IAsyncEnumerator<ChatResponseUpdate> _updates;
    private readonly Queue<ChatResponseUpdate> _head = new();
    private readonly List<AIContent> _contents = [];
    private UsageDetails? _usage;
    private Task<bool>? _pending;
    private CallCost? _cost;

    private RoutedStream(RouteCall call)
    {
        _call = call;
        _updates = call.Route.Client
            .GetStreamingResponseAsync(call.Request.Messages, call.Request.OptionsFor(call.Route), call.Token)
            .GetAsyncEnumerator(call.Token);
    }

    public ChatRoute Route => _call.Route;

    public RouteCall Call => _call;

    public ChatResponseUpdate Current { get; private set; } = null!;

    /// <summary>Whether the provider has said how its answer ended.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>What the call cost; known once the stream has been disposed of.</summary>
    public CallCost Cost => _cost ?? default;

    /// <summary>Opens a stream and waits for its first token. Until then nothing has gone out, and another route can still take over.</summary>
    /// <param name="call">The call; its end is the stream's.</param>
    /// <param name="isAlsoToken">See <see cref="ChatRouterOptions.CountsAsToken"/>.</param>
    public static async Task<RoutedStream> OpenAsync(RouteCall call, Func<ChatResponseUpdate, bool>? isAlsoToken)
    {
        call.Limit(call.Route.FirstTokenTimeout);
        var stream = new RoutedStream(call);
        try
        {
            do
            {
                if (!await stream.PullAsync().ConfigureAwait(false))
                    throw new ChatProviderException($"The stream of the route \"{call.Route.Name}\" closed before its first token.");
                stream._head.Enqueue(stream.Current);
            }
            while (!IsToken(stream.Current) && isAlsoToken?.Invoke(stream.Current) != true);
        }
        catch
        {
            await stream.CloseAsync().ConfigureAwait(false);
            throw;
        }

        call.ForgetDeadline();
        return stream;
    }

    /// <summary>The next update; false at the end.</summary>
    /// <exception cref="TimeoutException">The stream has been silent for too long.</exception>
    public async ValueTask<bool> MoveNextAsync()
    {
        if (_head.TryDequeue(out ChatResponseUpdate? first))
        {
            Current = first;
            return true;
        }

        _call.Limit(_call.Route.SilenceTimeout);
        return await PullAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// An update that carries nothing but what the answer cost and whence it came. Without a message's id, its properties become those of the whole
    /// response when the updates are put together.
    /// </summary>
    public ChatResponseUpdate Closing()
    {
        var properties = new AdditionalPropertiesDictionary();
        _call.Annotate(properties, Settle());
        return new ChatResponseUpdate
        {
            ResponseId = Current?.ResponseId,
            ModelId = Current?.ModelId,
            AdditionalProperties = properties,
        };
    }

    public async ValueTask DisposeAsync()
    {
        // Whoever leaves early has still been sent, and is billed for, what came until then.
        Settle();
        await CloseAsync().ConfigureAwait(false);
        _call.Dispose();
    }

    public CallCost Settle()
    {
        if (_cost is { } known) return known;
        CallCost cost = CallCost.Of(
            _call.Request.PriceOf(Route), _usage, () => _call.Request.InputEstimate(Route), () => TokenCount.OutputEstimate(_contents, Route.Tokenizer));
        _cost = cost;
        _call.Settle(cost.Amount);
        return cost;
    }

    private async ValueTask<bool> PullAsync()
    {
        // A client that does not heed its token must not hold its callers: the wait ends without it, and CloseAsync sweeps up.
        _pending = _updates.MoveNextAsync().AsTask();
        bool more = await _pending.WaitAsync(_call.Token).ConfigureAwait(false);
        _pending = null;
        if (!more) return false;
        Current = _updates.Current;
        IsFinished |= Current.FinishReason is not null;
        foreach (AIContent content in Current.Contents)
        {
            if (content is UsageContent usage) (_usage ??= new UsageDetails()).Add(usage.Details);
            else _contents.Add(content);
        }

        return true;
    }

    private async ValueTask CloseAsync()
    {
        if (_pending is { IsCompleted: false } pending)
        {
            _ = SweepAsync(pending, _updates);
            return;
        }

        await DisposeQuietlyAsync(_updates).ConfigureAwait(false);
    }

    private static async Task SweepAsync(Task<bool> pending, IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeQuietlyAsync(updates).ConfigureAwait(false);
    }

    private static async ValueTask DisposeQuietlyAsync(IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        try
        {
            await updates.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The answer is whole, or its failure is on its way to the caller: what a client throws while it tidies up adds nothing.
        }
    }

    private static bool IsToken(ChatResponseUpdate update)
    {
        if (update.FinishReason is not null) return true;
        foreach (AIContent content in update.Contents)
        {
            bool says = content switch
            {
                TextContent text => !string.IsNullOrEmpty(text.Text),
                TextReasoningContent reasoning => !string.IsNullOrEmpty(reasoning.Text),
                UsageContent => false,
                _ => true,
            };
            if (says) return true;
        }

        return false;
    }
}
