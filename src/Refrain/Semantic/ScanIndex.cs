using Refrain.Vectors;

namespace Refrain;

internal sealed class ScanIndex
{
    private readonly Dictionary<(UInt128 Ns, UInt128 Key), float[]> _vectors = [];
    private readonly Lock _lock = new();

    internal int Count { get { lock (_lock) return _vectors.Count; } }

    internal bool Add(UInt128 ns, UInt128 key, ReadOnlySpan<float> v, DateTimeOffset? expiresAt)
    {
        _ = expiresAt;
        double s = 0;
        foreach (float x in v)
            s += (double)x * x;
        float[] unit = v.ToArray();
        for (int i = 0; i < unit.Length; i++)
            unit[i] = (float)(unit[i] / Math.Sqrt(s));
        lock (_lock)
            _vectors[(ns, key)] = unit;
        return true;
    }

    internal bool TryFind(UInt128 ns, ReadOnlySpan<float> v, float similarity, out VectorMatch match)
    {
        var best = new VectorMatch[1];
        match = default;
        if (Find(ns, v, best) == 0)
            return false;
        match = best[0];
        return match.Similarity >= similarity;
    }

    internal int Find(UInt128 ns, ReadOnlySpan<float> v, Span<VectorMatch> matches)
    {
        var found = new List<VectorMatch>();
        double norm = 0;
        foreach (float x in v)
            norm += (double)x * x;
        lock (_lock)
        {
            foreach (((UInt128 n, UInt128 key), float[] unit) in _vectors)
            {
                if (n != ns)
                    continue;
                double dot = 0;
                for (int i = 0; i < unit.Length; i++)
                    dot += unit[i] * v[i];
                found.Add(new VectorMatch(key, (float)(dot / Math.Sqrt(norm))));
            }
        }

        found.Sort(static (a, b) => b.Similarity.CompareTo(a.Similarity));
        int count = Math.Min(found.Count, matches.Length);
        for (int i = 0; i < count; i++)
            matches[i] = found[i];
        return count;
    }

    internal bool Remove(UInt128 ns, UInt128 key)
    {
        lock (_lock)
            return _vectors.Remove((ns, key));
    }

    internal List<CacheKey> Keys()
    {
        lock (_lock)
            return [.. _vectors.Keys.Select(static pair => new CacheKey(pair.Ns, pair.Key))];
    }

    internal bool Contains(UInt128 ns, UInt128 key)
    {
        lock (_lock)
            return _vectors.ContainsKey((ns, key));
    }
}
