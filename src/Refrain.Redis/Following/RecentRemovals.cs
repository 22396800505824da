using System.Collections.Concurrent;

namespace Refrain.Redis;

/// <summary>
/// What was removed lately, here or elsewhere. A Redis that loses everything loses its tombstones too: every process gives back those it knows, or entries that others
/// give back would undo a removal.
/// </summary>
internal sealed class RecentRemovals(TimeProvider time, TimeSpan memory)
{
    /// <summary>Most keys that are remembered; the oldest go first.</summary>
    internal const int CountMax = 65_536;

    private readonly ConcurrentDictionary<CacheKey, DateTimeOffset> _removedAt = new();
    private readonly ConcurrentQueue<(CacheKey Key, DateTimeOffset At)> _order = new();

    /// <summary>Remembers a removal, as of now: an entry made meanwhile is then given up with those of before, which costs a miss and no more.</summary>
    public void Remember(CacheKey key)
    {
        DateTimeOffset now = time.GetUtcNow();
        _removedAt[key] = now;
        _order.Enqueue((key, now));
        while (_order.TryPeek(out (CacheKey Key, DateTimeOffset At) oldest) && (_order.Count > CountMax || oldest.At < now - memory))
        {
            if (_order.TryDequeue(out oldest)) _removedAt.TryRemove(KeyValuePair.Create(oldest.Key, oldest.At));
        }
    }

    /// <summary>All that are remembered.</summary>
    public List<(CacheKey Key, DateTimeOffset At)> All()
    {
        DateTimeOffset oldest = time.GetUtcNow() - memory;
        return [.. _removedAt.Where(removal => removal.Value >= oldest).Select(static removal => (removal.Key, removal.Value))];
    }
}
