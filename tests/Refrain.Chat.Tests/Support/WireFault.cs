namespace Refrain.Chat.Tests;

/// <summary>How a provider behind HTTP can misbehave.</summary>
public enum WireFault
{
    None,
    Limited,
    Down,
    Unauthorized,
    BadRequest,
    Silent,
    Breaks,
    ClosesEarly,
    Malformed,
}
