using System.Numerics;

namespace Refrain;

/// <summary>A counter that threads increase without touching each other's cache lines.</summary>
internal sealed class StripedCounter
{
    /// <summary>Two cache lines, since processors fetch them in pairs.</summary>
    private const int StrideLength = 16;

    private static readonly int StripeCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 64));

    private readonly long[] _cells = new long[(StripeCount + 1) * StrideLength];

    internal long Value
    {
        get
        {
            long sum = 0;
            for (int i = 1; i <= StripeCount; i++)
                sum += Volatile.Read(ref _cells[i * StrideLength]);
            return sum;
        }
    }

    internal long Increment() => Interlocked.Increment(ref _cells[Stripe()]);

    internal void Add(long amount) => Interlocked.Add(ref _cells[Stripe()], amount);

    private static int Stripe() => ((Environment.CurrentManagedThreadId & (StripeCount - 1)) + 1) * StrideLength;
}
