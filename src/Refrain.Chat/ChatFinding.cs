using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>What the cache said to a request, and how that is written on the answer.</summary>
internal readonly struct ChatFinding
{
    private static readonly object True = true;
    private static readonly object Same = 1.0;
    private static readonly object Nothing = 0m;

    private static readonly Dictionary<string, object?> HitTemplate = Template(
        (RefrainProperties.Kind, null), (RefrainProperties.Similarity, null), (RefrainProperties.Age, null), (RefrainProperties.Saved, null));

    private static readonly Dictionary<string, object?> MissTemplate = Template((RefrainProperties.Kind, "miss"));

    private static readonly Dictionary<string, object?> SharedMissTemplate = Template((RefrainProperties.Kind, "miss"), (RefrainProperties.Shared, True));

    private readonly CacheResult _result;
    private readonly BypassReason _reason;

    private ChatFinding(StoredAnswer? answer, in CacheResult result, ChatMiss? miss, BypassReason reason)
    {
        Answer = answer;
        _result = result;
        Miss = miss;
        _reason = reason;
    }

    /// <summary>The answer of a hit.</summary>
    public StoredAnswer? Answer { get; }

    /// <summary>On a miss, the upstream call to join; null where the request goes its own way.</summary>
    public ChatMiss? Miss { get; }

    public static ChatFinding OfBypass(BypassReason reason) => new(answer: null, default, miss: null, reason);

    public static ChatFinding OfHit(StoredAnswer answer, in CacheResult result) => new(answer, result, miss: null, BypassReason.None);

    public static ChatFinding OfMiss(ChatMiss? miss, in CacheResult result) => new(answer: null, result, miss, BypassReason.None);

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

    /// <summary>The stored answer in one piece.</summary>
    public ChatResponse ToResponse() =>
        _result.Kind == HitKind.Exact ? Answer!.ToExactResponse(_result.Age, _result.Saved) : Annotate(Answer!.ToResponse());

    /// <summary>What an exact hit says of itself.</summary>
    /// <param name="properties">Those of the answer, which are added to. Null: none.</param>
    /// <param name="age">How old the answer is.</param>
    /// <param name="saved">What it had cost.</param>
    public static AdditionalPropertiesDictionary OfExact(AdditionalPropertiesDictionary? properties, TimeSpan age, decimal saved)
    {
        properties ??= new AdditionalPropertiesDictionary(HitTemplate);
        properties[RefrainProperties.Kind] = "exact";
        properties[RefrainProperties.Similarity] = Same;
        properties[RefrainProperties.Age] = age.TotalSeconds;
        properties[RefrainProperties.Saved] = saved == 0 ? Nothing : saved;
        return properties;
    }

    /// <summary>Names that a dictionary of properties is made from: one that is copied from an equal one hashes nothing and takes the room it needs at once.</summary>
    public static Dictionary<string, object?> Template(params ReadOnlySpan<(string Name, object? Value)> properties)
    {
        var template = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object? value) in properties) template.Add(name, value);
        return template;
    }

    private AdditionalPropertiesDictionary Annotate(AdditionalPropertiesDictionary? properties, bool isShared)
    {
        if (_reason != BypassReason.None) return Bypassed(properties ?? []);
        if (Answer is null) return Missed(properties, isShared);
        return _result.Kind == HitKind.Exact ? OfExact(properties, _result.Age, _result.Saved) : FoundElsewhere(properties ?? new AdditionalPropertiesDictionary(HitTemplate));
    }

    private AdditionalPropertiesDictionary Bypassed(AdditionalPropertiesDictionary properties)
    {
        properties[RefrainProperties.Kind] = "bypass";
        properties[RefrainProperties.Reason] = RequestAdmission.Name(_reason);
        return properties;
    }

    private AdditionalPropertiesDictionary Missed(AdditionalPropertiesDictionary? properties, bool isShared)
    {
        properties ??= new AdditionalPropertiesDictionary(isShared ? SharedMissTemplate : MissTemplate);
        properties[RefrainProperties.Kind] = "miss";
        if (isShared) properties[RefrainProperties.Shared] = True;

        // A default result is a question that was not asked.
        if (_result.Similarity != 0 && !float.IsNaN(_result.Similarity)) properties[RefrainProperties.Similarity] = (double)_result.Similarity;
        return properties;
    }

    private AdditionalPropertiesDictionary FoundElsewhere(AdditionalPropertiesDictionary properties)
    {
        properties[RefrainProperties.Kind] = _result.Kind == HitKind.Durable ? "durable" : "semantic";
        properties[RefrainProperties.Similarity] = _result.Similarity == 1 ? Same : (double)_result.Similarity;
        properties[RefrainProperties.Age] = _result.Age.TotalSeconds;
        properties[RefrainProperties.Saved] = _result.Saved;
        return properties;
    }
}
