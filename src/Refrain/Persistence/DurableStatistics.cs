namespace Refrain;

/// <summary>What a durable store holds.</summary>
/// <param name="EntryCount">Entries, expired but not yet forgotten ones included.</param>
/// <param name="SizeBytes">Bytes the store takes, as it knows them.</param>
public readonly record struct DurableStatistics(long EntryCount, long SizeBytes);
