namespace Refrain.Chat;

/// <summary>Why an answer is not stored.</summary>
internal enum StoreRefusal
{
    /// <summary>It is stored.</summary>
    None,

    /// <summary>It has no end: the stream broke, or closed without a finish reason.</summary>
    Unfinished,

    /// <summary>The limit of tokens cut it.</summary>
    Truncated,

    /// <summary>A content filter touched it.</summary>
    Filtered,

    /// <summary>It says nothing.</summary>
    Empty,

    /// <summary>It calls tools.</summary>
    ToolCalls,

    /// <summary>It holds an error or a refusal.</summary>
    Error,

    /// <summary>It ended for a reason that is unknown here.</summary>
    OtherEnd,

    /// <summary>Another model than the one asked for gave it.</summary>
    Fallback,

    /// <summary>It belongs to a conversation that the provider keeps.</summary>
    ServerState,

    /// <summary>It holds contents that cannot be replayed faithfully.</summary>
    NotReplayable,
}
