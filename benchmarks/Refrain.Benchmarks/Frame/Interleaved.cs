using System.Diagnostics;

namespace Refrain.Benchmarks;

/// <summary>
/// Times several ways to do one thing in turns, A B A B, so that a busy machine slows all of them alike and their ratio stands.
/// </summary>
internal static class Interleaved
{
    /// <summary>Runs each of <paramref name="contenders"/> once per round, after a round that is not counted.</summary>
    /// <param name="rounds">How many rounds count; an odd number has a true median.</param>
    /// <param name="operationsPerRound">How many operations each contender does when called.</param>
    /// <param name="contenders">Each does that many operations.</param>
    /// <returns>The median time of one operation, in nanoseconds, contender by contender.</returns>
    public static double[] MedianNanoseconds(int rounds, int operationsPerRound, params ReadOnlySpan<Action<int>> contenders)
    {
        double[][] samples = [.. Enumerable.Range(0, contenders.Length).Select(_ => new double[rounds])];
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                long started = Stopwatch.GetTimestamp();
                contenders[i](operationsPerRound);
                if (round >= 0)
                    samples[i][round] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / operationsPerRound;
            }
        }

        return [.. samples.Select(sample => Percentile(sample, 0.5))];
    }

    /// <summary>Microseconds since a timestamp, as finely as the clock goes: a <see cref="TimeSpan"/> knows tenths of one only.</summary>
    public static double MicrosecondsSince(long timestamp) => (Stopwatch.GetTimestamp() - timestamp) * 1e6 / Stopwatch.Frequency;

    /// <summary>The smallest sample that at least a share of <paramref name="fraction"/> of all samples does not exceed. Sorts its input.</summary>
    /// <param name="samples">At least one.</param>
    /// <param name="fraction">In (0, 1]; 0.99 for the 99th percentile.</param>
    public static double Percentile(Span<double> samples, double fraction)
    {
        ArgumentOutOfRangeException.ThrowIfZero(samples.Length);
        samples.Sort();
        return samples[Math.Clamp((int)Math.Ceiling(fraction * samples.Length) - 1, 0, samples.Length - 1)];
    }
}
