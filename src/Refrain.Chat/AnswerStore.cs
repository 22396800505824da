using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Refrain.Chat;

/// <summary>Stores the answers that may be stored, with what they cost.</summary>
internal sealed partial class AnswerStore(RefrainChatOptions options, ChatTotals totals, ILoggerFactory? loggerFactory)
{
    private readonly ILogger _logger = loggerFactory?.CreateLogger<AnswerStore>() ?? (ILogger)NullLogger.Instance;
    private int _hasFailed;
    private int _hasNotOpened;

    /// <summary>The cache could not be opened; the next request tries again.</summary>
    public void NoteUnopened(Exception exception)
    {
        if (Interlocked.Exchange(ref _hasNotOpened, 1) == 0) LogNotOpened(exception);
    }

    /// <summary>Stores a response. The next look-up in this process finds it as soon as this returns, even before it is awaited.</summary>
    public ValueTask StoreAsync(SemanticCache cache, CacheQuery query, ChatResponse response, (TimeSpan? TimeToLive, string[] Tags) wishes)
    {
        StoreRefusal refusal = AnswerAdmission.Judge(response, streamed: false, options);
        return StoreAsync(cache, query, response, refusal, refusal == StoreRefusal.None ? AnswerCodec.Encode(response) : null, wishes);
    }

    /// <summary>Stores a finished stream, chunk by chunk.</summary>
    public ValueTask StoreAsync(SemanticCache cache, CacheQuery query, IReadOnlyList<ChatResponseUpdate> updates, (TimeSpan? TimeToLive, string[] Tags) wishes)
    {
        ChatResponse response = updates.ToChatResponse();
        StoreRefusal refusal = AnswerAdmission.Judge(response, streamed: true, options);
        return StoreAsync(cache, query, response, refusal, refusal == StoreRefusal.None ? AnswerCodec.Encode(Stored(updates)) : null, wishes);
    }

    /// <summary>The closing update of a router carries nothing that is stored.</summary>
    private static List<ChatResponseUpdate> Stored(IReadOnlyList<ChatResponseUpdate> updates) =>
        [.. updates.Where(static update => update.Contents.Count > 0 || update.FinishReason is not null || update.Role is not null
            || update.AdditionalProperties is not { Count: > 0 } properties
            || properties.Keys.Any(static name => !name.StartsWith(RefrainProperties.Prefix, StringComparison.Ordinal)))];

    private async ValueTask StoreAsync(
        SemanticCache cache, CacheQuery query, ChatResponse response, StoreRefusal refusal, byte[]? payload, (TimeSpan? TimeToLive, string[] Tags) wishes)
    {
        if (payload is null)
        {
            totals.Refuse(refusal == StoreRefusal.None ? StoreRefusal.NotReplayable : refusal);
            return;
        }

        try
        {
            var entry = new CacheEntryOptions { TimeToLive = wishes.TimeToLive, Tags = wishes.Tags, Cost = CostOf(query, response) };
            ValueTask stored = cache.SetAsync(query, payload, entry);
            totals.Store();
            await stored.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The caller has the answer; that it could not be kept is for the log, once.
            if (Interlocked.Exchange(ref _hasFailed, 1) == 0) LogNotStored(e);
        }
    }

    private decimal CostOf(CacheQuery query, ChatResponse response)
    {
        if (RefrainOutcome.Of(response.AdditionalProperties).Cost is { } known) return known;
        return CallCost.Of(
            options.Prices?.Find(response.ModelId),
            response.Usage,
            () => TokenCount.Estimate(query.Text),
            () => TokenCount.OutputEstimate(response.Messages.SelectMany(static message => message.Contents), tokenizer: null)).Amount;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An answer could not be stored; later failures are not logged again.")]
    private partial void LogNotStored(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The cache could not be opened, and every request goes to the provider; later failures are not logged again.")]
    private partial void LogNotOpened(Exception exception);
}
