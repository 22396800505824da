namespace Refrain;

/// <summary>
/// Entries by the second in which they end, so that what has ended is found without a search (a hashed timing wheel: Varghese and Lauck, SOSP 1987, scheme 6).
/// What ends in a later round is passed by, once a round. Changed by one thread at a time.
/// </summary>
internal sealed class ExpiryWheel
{
    /// <summary>Seconds of a round, which is a little over an hour.</summary>
    internal const int SlotCount = 4_096;

    private readonly CacheEntry?[] _slots = new CacheEntry?[SlotCount];

    /// <summary>The next second to look at, and the next of its entries; null before its first.</summary>
    private long _second;
    private CacheEntry? _next;
    private bool _isWithin;

    internal void Add(CacheEntry entry)
    {
        ref CacheEntry? first = ref _slots[SlotOf(entry)];
        entry.EndsNext = first;
        if (first is not null)
            first.EndsPrevious = entry;
        first = entry;
    }

    internal void Remove(CacheEntry entry)
    {
        if (_next == entry)
            _next = entry.EndsNext;
        if (entry.EndsPrevious is null)
            _slots[SlotOf(entry)] = entry.EndsNext;
        else
            entry.EndsPrevious.EndsNext = entry.EndsNext;
        if (entry.EndsNext is not null)
            entry.EndsNext.EndsPrevious = entry.EndsPrevious;
        entry.EndsNext = null;
        entry.EndsPrevious = null;
    }

    /// <summary>Looks at some of the entries whose second has passed.</summary>
    /// <param name="nowTicks">Now, on the entries' clock.</param>
    /// <param name="countMax">How many are looked at.</param>
    /// <param name="ended">Gets those that have ended; they are still in the wheel.</param>
    /// <returns>Whether there may be more.</returns>
    internal bool Collect(long nowTicks, int countMax, List<CacheEntry> ended)
    {
        long now = nowTicks / TimeSpan.TicksPerSecond;
        if (_second < now - SlotCount)
            (_second, _isWithin) = (now - SlotCount, false);
        for (; _second < now; _second++, _isWithin = false)
        {
            if (!_isWithin)
                (_next, _isWithin) = (_slots[_second % SlotCount], true);
            for (; _next is not null; _next = _next.EndsNext)
            {
                if (countMax-- == 0)
                    return true;
                if (_next.ExpiresTicks <= nowTicks)
                    ended.Add(_next);
            }
        }

        return false;
    }

    private static int SlotOf(CacheEntry entry) => (int)(entry.ExpiresTicks / TimeSpan.TicksPerSecond % SlotCount);
}
