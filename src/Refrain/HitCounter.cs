namespace Refrain;

/// <summary>Exact hits and what they saved. Each thread counts in a row of its own, so that no count has to be atomic and none is lost.</summary>
/// <remarks>A thread's number is its own while it lives; whoever gets the number next goes on counting in the same row.</remarks>
internal sealed class HitCounter
{
    /// <summary>Room for two cache lines before the numbers and one after, since processors fetch lines in pairs.</summary>
    private const int RowLength = 32;

    private const int HitsAt = 16;
    private const int SavedAt = 17;

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

    internal long Hits => Sum(HitsAt);

    internal long SavedPico => Sum(SavedAt);

    /// <summary>Whether the next hit of a row is one in <paramref name="period"/>, a power of two.</summary>
    internal static bool IsSampled(long[] row, int period) => (row[HitsAt] & (period - 1)) == 0;

    internal static void Count(long[] row, long savedPico)
    {
        row[HitsAt]++;
        row[SavedAt] += savedPico;
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

    private long Sum(int at)
    {
        long sum = 0;
        foreach (long[]? row in Volatile.Read(ref _rows))
            sum += row is null ? 0 : Volatile.Read(ref row[at]);
        return sum;
    }
}
