using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>An answer read back from its bytes: made anew for each caller, who may change it.</summary>
internal readonly struct StoredAnswer
{
    private readonly ChatResponse? _response;
    private readonly List<ChatResponseUpdate>? _updates;

    public StoredAnswer(ChatResponse response) => _response = response;

    public StoredAnswer(List<ChatResponseUpdate> updates) => _updates = updates;

    /// <summary>The answer in one piece.</summary>
    public ChatResponse ToResponse() => _response ?? _updates!.ToChatResponse();

    /// <summary>The answer chunk by chunk, as it came; one that came in one piece has a chunk a message.</summary>
    public IReadOnlyList<ChatResponseUpdate> ToUpdates() => _updates ?? (IReadOnlyList<ChatResponseUpdate>)_response!.ToChatResponseUpdates();
}
