using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>An answer read back from its bytes. What it hands out belongs to the caller, who may change it.</summary>
internal sealed class StoredAnswer
{
    private readonly List<ChatResponseUpdate>? _updates;
    private ChatResponse? _response;
    private Dictionary<string, object?>? _exact;

    public StoredAnswer(ChatResponse response) => _response = response;

    public StoredAnswer(List<ChatResponseUpdate> updates) => _updates = updates;

    /// <summary>Whether others are given the same answer later: each then gets a copy. One that is read for one caller alone is handed out as it is.</summary>
    public bool IsShared { get; init; }

    /// <summary>The answer in one piece.</summary>
    public ChatResponse ToResponse() => IsShared ? AnswerCopy.Of(Whole()) : Whole();

    /// <summary>The answer in one piece, as an exact hit.</summary>
    /// <param name="age">How old it is.</param>
    /// <param name="saved">What it had cost; of one answer always the same.</param>
    public ChatResponse ToExactResponse(TimeSpan age, decimal saved)
    {
        ChatResponse whole = Whole();
        if (!IsShared)
        {
            whole.AdditionalProperties = ChatFinding.OfExact(whole.AdditionalProperties, age, saved);
            return whole;
        }

        Dictionary<string, object?> template = _exact ??= new(ChatFinding.OfExact(whole.AdditionalProperties?.Clone(), age, saved), StringComparer.OrdinalIgnoreCase);
        var properties = new AdditionalPropertiesDictionary(template);
        properties[RefrainProperties.Age] = age.TotalSeconds;
        return AnswerCopy.Of(whole, properties);
    }

    /// <summary>The answer chunk by chunk, as it came; one that came in one piece has a chunk a message.</summary>
    public IReadOnlyList<ChatResponseUpdate> ToUpdates()
    {
        if (_updates is null) return ToResponse().ToChatResponseUpdates();
        return IsShared ? [.. _updates.Select(AnswerCopy.Of)] : _updates;
    }

    private ChatResponse Whole() => _response ??= _updates!.ToChatResponse();
}
