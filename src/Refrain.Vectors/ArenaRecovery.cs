namespace Refrain.Vectors;

/// <summary>What happened when an index was opened. Anything but <see cref="RecoveryKind.Clean"/> may mean that vectors are missing.</summary>
/// <param name="Kind">In what state the file was.</param>
/// <param name="DroppedCount">Records that failed their check and were dropped.</param>
/// <param name="Reason">What was expected and what was found; null if nothing is wrong.</param>
/// <param name="SetAsidePath">Where the untrusted file lies now; null if none was set aside.</param>
public sealed record ArenaRecovery(RecoveryKind Kind, int DroppedCount = 0, string? Reason = null, string? SetAsidePath = null);
