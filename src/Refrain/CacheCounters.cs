using System.Numerics;

namespace Refrain;

/// <summary>What the cache counts about itself.</summary>
internal sealed class CacheCounters
{
    internal CounterRows Rows { get; } = new();

    internal StripedCounter ShadowHits { get; } = new();

    internal StripedCounter SharedAnswers { get; } = new();

    internal StripedCounter WrongHits { get; } = new();

    internal StripedCounter Oversized { get; } = new();

    internal StripedCounter RefreshFailures { get; } = new();

    internal StripedCounter SpentPico { get; } = new();

    internal StripedCounter EmbeddingsComputed { get; } = new();

    internal StripedCounter EmbeddingFailures { get; } = new();

    internal StripedCounter DurableFailures { get; } = new();

    internal StripedCounter EntriesRejected { get; } = new();

    internal StripedCounter IndexFailures { get; } = new();

    internal LatencyHistogram HitLatency { get; } = new();

    internal LatencyHistogram MissLatency { get; } = new();

    private readonly StripedCounter[] _refusals = [.. RefusalCounts.Each.Select(static _ => new StripedCounter())];

    /// <summary>Picounits in one unit of money.</summary>
    private const decimal PicoPerUnit = 1_000_000_000_000m;

    /// <summary>Counts a near text that a guard refused.</summary>
    internal void Refuse(Guards guard) => _refusals[BitOperations.TrailingZeroCount((int)guard)].Increment();

    /// <summary>Counts what an answer cost to make.</summary>
    internal void Spend(decimal cost) => SpentPico.Add(PicoOf(cost));

    internal static long PicoOf(decimal cost) => cost >= long.MaxValue / PicoPerUnit ? long.MaxValue : (long)(cost * PicoPerUnit);

    /// <summary>Counts a hit beyond the exact path.</summary>
    internal CacheResult Hit(CacheEntry entry, HitKind kind, float similarity, LookupStart start, TimeProvider time)
    {
        long[] row = Rows.Row;
        row[kind == HitKind.Semantic ? CounterRows.SemanticHits : CounterRows.DurableHits]++;
        row[CounterRows.SavedPico] += entry.CostPico;
        HitLatency.Record(start, time);
        return new CacheResult(entry, kind, similarity);
    }

    internal CacheStatistics Summarise(ExactTable exact, long indexedCount, WriteCounts writes) => new()
    {
        ExactHits = Rows.Sum(CounterRows.ExactHits),
        DurableHits = Rows.Sum(CounterRows.DurableHits),
        SemanticHits = Rows.Sum(CounterRows.SemanticHits),
        ShadowHits = ShadowHits.Value,
        SharedAnswers = SharedAnswers.Value,
        Misses = Rows.Sum(CounterRows.Misses),
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
        EmbeddingsSaved = Rows.Sum(CounterRows.EmbeddingsSaved),
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
        Saved = Rows.Sum(CounterRows.SavedPico) / PicoPerUnit,
    };
}
