namespace Refrain;

/// <summary>When an answer began to be made.</summary>
/// <param name="Generation">The epochs' generation then: what was invalidated since outdates the answer.</param>
/// <param name="Version">Its place in the order in which this process began its answers: what was stored since is not replaced by it.</param>
internal readonly record struct MakingStart(long Generation, long Version);
