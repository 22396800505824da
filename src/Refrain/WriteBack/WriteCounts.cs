namespace Refrain;

/// <summary>What became of the writes: <paramref name="Issued"/> is always the sum of the three others.</summary>
internal readonly record struct WriteCounts(long Issued, long Stored, long Dropped, long Pending, long PendingBytes);
