using System.Numerics;

namespace Refrain;

/// <summary>What the cache counts about itself.</summary>
internal sealed class CacheCounters
{
    internal HitCounter ExactHits { get; } = new();

    internal StripedCounter DurableHits { get; } = new();

    internal StripedCounter SemanticHits { get; } = new();

    internal StripedCounter ShadowHits { get; } = new();

    internal StripedCounter SharedAnswers { get; } = new();

    internal StripedCounter Misses { get; } = new();

    internal StripedCounter WrongHits { get; } = new();

    internal StripedCounter Oversized { get; } = new();

    internal StripedCounter RefreshFailures { get; } = new();

    internal StripedCounter SavedPico { get; } = new();

    internal StripedCounter SpentPico { get; } = new();

    internal StripedCounter EmbeddingsComputed { get; } = new();

    internal StripedCounter EmbeddingsSaved { get; } = new();

    internal StripedCounter EmbeddingFailures { get; } = new();

    internal StripedCounter DurableFailures { get; } = new();

    internal StripedCounter EntriesRejected { get; } = new();

    internal StripedCounter IndexFailures { get; } = new();

    internal LatencyHistogram HitLatency { get; } = new();

    internal LatencyHistogram MissLatency { get; } = new();

    /// <summary>One semantic hit in so many is timed: reading the clock takes a fortieth of it.</summary>
    private const int SemanticSamplingPeriod = 8;

    private readonly StripedCounter[] _refusals = [.. RefusalCounts.Each.Select(static _ => new StripedCounter())];

    /// <summary>Picounits in one unit of money.</summary>
    private const decimal PicoPerUnit = 1_000_000_000_000m;

    /// <summary>Counts a near text that a guard refused.</summary>
    internal void Refuse(Guards guard) => _refusals[BitOperations.TrailingZeroCount((int)guard)].Increment();

    /// <summary>Counts what an answer cost to make.</summary>
    internal void Spend(decimal cost) => SpentPico.Add(PicoOf(cost));

    internal static long PicoOf(decimal cost) => cost >= long.MaxValue / PicoPerUnit ? long.MaxValue : (long)(cost * PicoPerUnit);

    /// <summary>Counts a hit beyond the exact path.</summary>
    internal CacheResult Hit(CacheEntry entry, HitKind kind, float similarity, long started, TimeProvider time)
    {
        bool isSemantic = kind == HitKind.Semantic;
        long count = (isSemantic ? SemanticHits : DurableHits).Increment();
        if (entry.CostPico is var saved and not 0)
            SavedPico.Add(saved);
        if (!isSemantic)
            HitLatency.Record(time.GetElapsedTime(started));
        else if (count % SemanticSamplingPeriod == 1)
            HitLatency.Record(time.GetElapsedTime(started), SemanticSamplingPeriod);
        return new CacheResult(entry, kind, similarity);
    }

    internal CacheStatistics Summarise(ExactTable exact, long indexedCount, WriteCounts writes) => new()
    {
        ExactHits = ExactHits.Hits,
        DurableHits = DurableHits.Value,
        SemanticHits = SemanticHits.Value,
        ShadowHits = ShadowHits.Value,
        SharedAnswers = SharedAnswers.Value,
        Misses = Misses.Value,
        Refusals = new RefusalCounts(_refusals),
        WrongHitsReported = WrongHits.Value,
        Oversized = Oversized.Value,
        RefreshFailures = RefreshFailures.Value,
        HitLatency = HitLatency.Summarise(),
        MissLatency = MissLatency.Summarise(),
        ExactEntries = exact.Count,
        ExactBytes = exact.Bytes,
        IndexedEntries = indexedCount,
        EmbeddingsComputed = EmbeddingsComputed.Value,
        EmbeddingsSaved = EmbeddingsSaved.Value,
        EmbeddingFailures = EmbeddingFailures.Value,
        DurableFailures = DurableFailures.Value,
        IndexFailures = IndexFailures.Value,
        EntriesRejected = EntriesRejected.Value,
        WritesIssued = writes.Issued,
        WritesStored = writes.Stored,
        WritesDropped = writes.Dropped,
        WritesPending = writes.Pending,
        WritesPendingBytes = writes.PendingBytes,
        Spent = SpentPico.Value / PicoPerUnit,
        Saved = (SavedPico.Value + (decimal)ExactHits.SavedPico) / PicoPerUnit,
    };
}
