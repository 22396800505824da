namespace Refrain;

/// <summary>What every lookup counts. Each thread counts in a row of its own, so that no count has to be atomic and none is lost.</summary>
/// <remarks>A thread's number is its own while it lives; whoever gets the number next goes on counting in the same row.</remarks>
internal sealed class CounterRows
{
    internal const int ExactHits = 16;
    internal const int DurableHits = 17;
    internal const int SemanticHits = 18;
    internal const int Misses = 19;
    internal const int SavedPico = 20;
    internal const int EmbeddingsSaved = 21;

    /// <summary>Room for two cache lines before the numbers and one after, since processors fetch lines in pairs.</summary>
    private const int RowLength = 32;

    private readonly Lock _growing = new();
    private long[]?[] _rows = new long[64][];

    /// <summary>The calling thread's row; no other thread writes it.</summary>
    internal long[] Row
    {
        get
        {
            int thread = Environment.CurrentManagedThreadId;
            long[]?[] rows = _rows;
            return (uint)thread < (uint)rows.Length && rows[thread] is { } row ? row : Add(thread);
        }
    }

    /// <summary>Whether the next lookup of a row's thread is one in <paramref name="period"/>, a power of two.</summary>
    internal static bool IsSampled(long[] row, int period) =>
        ((row[ExactHits] + row[DurableHits] + row[SemanticHits] + row[Misses]) & (period - 1)) == 0;

    internal long Sum(int counted)
    {
        long sum = 0;
        foreach (long[]? row in Volatile.Read(ref _rows))
            sum += row is null ? 0 : Volatile.Read(ref row[counted]);
        return sum;
    }

    private long[] Add(int thread)
    {
        lock (_growing)
        {
            if (thread >= _rows.Length)
            {
                long[]?[] grown = new long[Math.Max(thread + 1, _rows.Length * 2)][];
                _rows.CopyTo(grown, 0);
                Volatile.Write(ref _rows, grown);
            }

            long[] row = _rows[thread] ?? new long[RowLength];
            Volatile.Write(ref _rows[thread], row);
            return row;
        }
    }
}
