namespace Refrain.Chat;

/// <summary>Why a request does not go through the cache.</summary>
internal enum BypassReason
{
    /// <summary>It does.</summary>
    None,

    /// <summary>It asked not to.</summary>
    Requested,

    /// <summary>Its temperature is above the limit.</summary>
    Temperature,

    /// <summary>It names no temperature.</summary>
    NoTemperature,

    /// <summary>The rule of the options refused it.</summary>
    Rule,

    /// <summary>No user has said anything.</summary>
    NoText,

    /// <summary>Its history lies with the provider, and cannot be seen from here.</summary>
    ServerState,

    /// <summary>A delegate makes part of the request.</summary>
    RawRepresentation,

    /// <summary>It holds something whose identity is unknown here: a foreign content, tool or value, or malformed UTF-16.</summary>
    Unidentifiable,

    /// <summary>The engine refused the query, for instance because the text is too long.</summary>
    Refused,

    /// <summary>The cache could not be opened.</summary>
    NoCache,
}
