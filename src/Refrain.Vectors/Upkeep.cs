namespace Refrain.Vectors;

/// <summary>What has to be done now and then: what has expired goes, what was removed is erased, and changes reach the disk.</summary>
/// <param name="arena">The slots.</param>
/// <param name="writer">Who removes.</param>
/// <param name="time">The clock.</param>
internal sealed unsafe class Upkeep(Arena arena, Writer writer, TimeProvider time)
{
    /// <summary>After a walk over all slots for what has expired, so many times as long passes before the next.</summary>
    private const int ExpiryWalkRest = 20;

    private long _nextWalk = long.MinValue;

    /// <summary>All of it; called in the background.</summary>
    public void Run()
    {
        RemoveExpired();
        lock (writer.Writing)
            writer.Reclaim();
        FlushOrDetach(clean: false);
    }

    /// <summary>Waits until nothing is left of what was removed before: until searches that began earlier have ended.</summary>
    public void AwaitErasure()
    {
        ulong last = arena.Committed;
        for (var spin = new SpinWait(); ; spin.SpinOnce())
            lock (writer.Writing)
                if (writer.Reclaim(last))
                    return;
    }

    /// <summary>Writes to the disk, and leaves the file for memory if that fails.</summary>
    /// <returns>The disk's complaint, or null.</returns>
    public Exception? FlushOrDetach(bool clean)
    {
        Exception? failure = arena.Flush(clean);
        if (failure is not null)
            lock (writer.Writing)
                arena.Detach();
        return failure;
    }

    private void RemoveExpired()
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        long started = time.GetTimestamp();
        lock (writer.Writing)
        {
            if (writer.EarliestExpiry > now || started < _nextWalk)
                return;
            // Whatever is added meanwhile counts for itself.
            writer.EarliestExpiry = long.MaxValue;
        }
        long earliest = long.MaxValue;
        for (uint slot = 0; slot < arena.SlotCount; slot++)
        {
            var header = (RecordHeader*)arena.Record(slot);
            // A glance without the lock; the writer looks again under it.
            long expiresAt = header->IsCurrent ? Volatile.Read(ref header->ExpiresAt) : long.MaxValue;
            if (expiresAt > now)
                earliest = Math.Min(earliest, expiresAt);
            else
                lock (writer.Writing)
                    writer.RemoveIfExpired(slot, now);
        }
        lock (writer.Writing)
            writer.EarliestExpiry = Math.Min(writer.EarliestExpiry, earliest);
        long ended = time.GetTimestamp();
        _nextWalk = ended + (ended - started) * ExpiryWalkRest;
    }
}
