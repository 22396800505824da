using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>What the cache said to a request, and how that is written on the answer.</summary>
internal readonly struct ChatFinding
{
    private static readonly object True = true;
    private static readonly object Same = 1.0;
    private static readonly object Nothing = 0m;

    /// <summary>A copy of a dictionary takes the room it needs at once; one that grows to four names takes it twice.</summary>
    private static readonly AdditionalPropertiesDictionary Template = new()
    {
        [RefrainProperties.Kind] = null,
        [RefrainProperties.Similarity] = null,
        [RefrainProperties.Age] = null,
        [RefrainProperties.Saved] = null,
    };

    private readonly CacheResult _result;
    private readonly BypassReason _reason;

    private ChatFinding(StoredAnswer? answer, CacheResult result, CacheQuery? query, BypassReason reason, bool isRefresh, long landed)
    {
        Answer = answer;
        _result = result;
        _reason = reason;
        Query = query;
        IsRefresh = isRefresh;
        Landed = landed;
    }

    /// <summary>The answer of a hit.</summary>
    public StoredAnswer? Answer { get; }

    /// <summary>On a miss whose answer is to be stored, the question; it owns its bytes, and the embedding if one was made.</summary>
    public CacheQuery? Query { get; }

    /// <summary>The upstream call to join, or null where the request goes its own way.</summary>
    public FlightKey? Key => Query is { } query ? new FlightKey(query.Scope, query.Text) : null;

    /// <summary>Whether a stored answer would not do.</summary>
    public bool IsRefresh { get; }

    /// <summary><see cref="FlightTable.Landed"/> before the cache was asked.</summary>
    public long Landed { get; }

    public static ChatFinding Bypass(BypassReason reason) => new(answer: null, default, query: null, reason, isRefresh: false, landed: 0);

    public static ChatFinding Hit(StoredAnswer answer, in CacheResult result) => new(answer, result, query: null, BypassReason.None, isRefresh: false, landed: 0);

    public static ChatFinding Miss(CacheQuery? query, in CacheResult result, bool isRefresh, long landed)
    {
        if (query is { } asked && !result.Embedding.IsEmpty) query = asked with { Embedding = result.Embedding };
        return new(answer: null, result, query, BypassReason.None, isRefresh, landed);
    }

    public ChatResponse Annotate(ChatResponse response, bool isShared = false)
    {
        response.AdditionalProperties = Annotate(response.AdditionalProperties, isShared);
        return response;
    }

    public ChatResponseUpdate Annotate(ChatResponseUpdate update, bool isShared = false)
    {
        update.AdditionalProperties = Annotate(update.AdditionalProperties, isShared);
        return update;
    }

    private AdditionalPropertiesDictionary Annotate(AdditionalPropertiesDictionary? properties, bool isShared)
    {
        properties ??= Answer is null ? [] : Template.Clone();
        if (_reason != BypassReason.None)
        {
            properties[RefrainProperties.Kind] = "bypass";
            properties[RefrainProperties.Reason] = RequestAdmission.Name(_reason);
            return properties;
        }

        properties[RefrainProperties.Kind] = _result.Kind switch
        {
            HitKind.Exact => "exact",
            HitKind.Durable => "durable",
            HitKind.Semantic => "semantic",
            _ => "miss",
        };
        if (isShared) properties[RefrainProperties.Shared] = True;
        if (Answer is null)
        {
            // A default result is a question that was not asked.
            if (_result.Similarity != 0 && !float.IsNaN(_result.Similarity)) properties[RefrainProperties.Similarity] = (double)_result.Similarity;
            return properties;
        }

        properties[RefrainProperties.Similarity] = _result.Similarity == 1 ? Same : (double)_result.Similarity;
        properties[RefrainProperties.Age] = _result.Age.TotalSeconds;
        properties[RefrainProperties.Saved] = _result.Saved is not 0 and var saved ? saved : Nothing;
        return properties;
    }
}
