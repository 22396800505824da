using System.Numerics;

namespace Refrain;

/// <summary>Counts of durations in buckets whose width is an eighth of their octave. Lock-free; allocates nothing.</summary>
internal sealed class LatencyHistogram
{
    private const int StepsPerOctave = 8;
    private const int Octaves = 44;

    private readonly long[] _counts = new long[Octaves * StepsPerOctave];
    private long _sumNanoseconds;

    /// <summary>Records how long a lookup took until now, if it is timed.</summary>
    internal void Record(LookupStart start, TimeProvider time)
    {
        if (start.Weight != 0)
            Record(time.GetElapsedTime(start.Timestamp), start.Weight);
    }

    private void Record(TimeSpan duration, int weight)
    {
        long nanoseconds = Math.Max(0, duration.Ticks * TimeSpan.NanosecondsPerTick);
        Interlocked.Add(ref _counts[BucketOf(nanoseconds)], weight);
        Interlocked.Add(ref _sumNanoseconds, nanoseconds * weight);
    }

    internal LatencySummary Summarise()
    {
        long[] counts = [.. _counts];
        long total = counts.Sum();
        TimeSpan average = total == 0 ? TimeSpan.Zero : Nanoseconds(Volatile.Read(ref _sumNanoseconds) / (double)total);
        return new LatencySummary(total, average, Percentile(counts, total, 0.50), Percentile(counts, total, 0.95), Percentile(counts, total, 0.99));
    }

    private static TimeSpan Percentile(long[] counts, long total, double share)
    {
        long rank = (long)Math.Ceiling(total * share);
        long seen = 0;
        for (int i = 0; i < counts.Length && total > 0; i++)
        {
            seen += counts[i];
            if (seen >= rank)
                return Nanoseconds(UpperBoundOf(i));
        }

        return TimeSpan.Zero;
    }

    private static int BucketOf(long nanoseconds)
    {
        if (nanoseconds < StepsPerOctave)
            return (int)nanoseconds;
        int octave = BitOperations.Log2((ulong)nanoseconds);
        int step = (int)(nanoseconds >> (octave - 3)) & (StepsPerOctave - 1);
        return Math.Min(((octave - 2) * StepsPerOctave) + step, (Octaves * StepsPerOctave) - 1);
    }

    private static double UpperBoundOf(int bucket)
    {
        if (bucket < StepsPerOctave)
            return bucket;
        int octave = (bucket / StepsPerOctave) + 2;
        return Math.ScaleB(StepsPerOctave + (bucket % StepsPerOctave) + 1, octave - 3);
    }

    private static TimeSpan Nanoseconds(double nanoseconds) => TimeSpan.FromTicks((long)Math.Round(nanoseconds / TimeSpan.NanosecondsPerTick));
}
