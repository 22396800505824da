using System.Numerics;

namespace Refrain;

/// <summary>How often each guard refused a near text. A snapshot; equal where every count is.</summary>
public sealed class RefusalCounts : IEquatable<RefusalCounts>
{
    private readonly long[] _counts;

    internal RefusalCounts(ReadOnlySpan<StripedCounter> counters)
    {
        _counts = new long[counters.Length];
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] = counters[i].Value;
    }

    /// <summary>The guards that there are, each by itself.</summary>
    public static IReadOnlyList<Guards> Each { get; } = [.. Enum.GetValues<Guards>().Where(static guard => BitOperations.IsPow2((int)guard))];

    /// <summary>Near texts refused by all the guards named.</summary>
    /// <param name="guards">One guard or several.</param>
    public long this[Guards guards]
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _counts.Length; i++)
                sum += ((int)guards & (1 << i)) != 0 ? _counts[i] : 0;
            return sum;
        }
    }

    /// <summary>Near texts refused by any guard.</summary>
    public long Total => _counts.Sum();

    /// <inheritdoc/>
    public bool Equals(RefusalCounts? other) => other is not null && _counts.AsSpan().SequenceEqual(other._counts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RefusalCounts);

    /// <inheritdoc/>
    public override int GetHashCode() => Total.GetHashCode();

    /// <summary>The guards that refused, with their counts.</summary>
    public override string ToString() => string.Join(", ", Each.Where(guard => this[guard] > 0).Select(guard => $"{guard} {this[guard]}"));
}
