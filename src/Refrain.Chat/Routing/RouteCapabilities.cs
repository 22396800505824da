namespace Refrain.Chat;

/// <summary>What a model can do besides answering text with text.</summary>
[Flags]
public enum RouteCapabilities
{
    /// <summary>Nothing else.</summary>
    None = 0,

    /// <summary>It calls tools.</summary>
    Tools = 1 << 0,

    /// <summary>It reads images and files.</summary>
    Attachments = 1 << 1,

    /// <summary>It answers in JSON on request.</summary>
    Json = 1 << 2,

    /// <summary>All of it.</summary>
    All = Tools | Attachments | Json,
}
