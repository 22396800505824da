namespace Refrain.Redis.Tests;

/// <summary>What a <see cref="FaultyProxy"/> does to a reply.</summary>
internal enum Fault
{
    None,
    Drop,
    Repeat,
    Swap,
    Truncate,
    Delay,
    Flip,
}
