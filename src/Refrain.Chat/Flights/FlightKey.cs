namespace Refrain.Chat;

/// <summary>What one upstream call answers: compared by the bytes of the scope and of the text, not by a digest.</summary>
internal readonly record struct FlightKey(CacheScope Scope, string Text);
