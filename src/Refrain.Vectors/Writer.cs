using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Refrain.Vectors;

/// <summary>The one that writes: which slot holds what, and in which namespace it is found. Callers hold <see cref="Writing"/>.</summary>
/// <param name="arena">The slots.</param>
/// <param name="rotation">How vectors are rotated.</param>
/// <param name="countMax">Most vectors held at once.</param>
internal sealed unsafe class Writer(Arena arena, Rotation rotation, int countMax)
{
    private readonly ConcurrentDictionary<UInt128, Namespace> _namespaces = new();
    private readonly SlotTable _slots = new(arena);

    /// <summary>Held by whoever writes.</summary>
    public Lock Writing { get; } = new();

    public int Count => _slots.Count;

    public int NamespaceCount => _namespaces.Count;

    /// <summary>Vectors that there was no room for.</summary>
    public long RefusedCount { get; private set; }

    /// <summary>Finds a namespace; no lock is needed.</summary>
    public bool TryGet(UInt128 space, [NotNullWhen(true)] out Namespace? found) => _namespaces.TryGetValue(space, out found);

    public bool TryFind(UInt128 space, UInt128 key, out uint slot) => _slots.TryFind(space, key, out slot);

    /// <summary>Stores a prepared vector.</summary>
    /// <returns>False: there is no room.</returns>
    public bool Add(SearchContext context, UInt128 space, UInt128 key, long expiresAt)
    {
        bool replaces = _slots.TryFind(space, key, out uint before);
        if ((!replaces && _slots.Count >= countMax) || !arena.TryTake(out uint slot))
        {
            RefusedCount++;
            return false;
        }
        RecordLayout layout = arena.Layout;
        RecordHeader* header = arena.BeginWrite(slot);
        header->KeyLow = (ulong)key;
        header->KeyHigh = (ulong)(key >> 64);
        header->NamespaceLow = (ulong)space;
        header->NamespaceHigh = (ulong)(space >> 64);
        header->ExpiresAt = expiresAt;
        header->Scale = Quantiser.ScaleOf(context.Vector, rotation.PaddedDimensions);
        Quantiser.Encode(context.Vector, rotation.PaddedDimensions, header->Scale,
            (byte*)header + RecordHeader.HeaderSize, (byte*)header + layout.RestOffset, layout.CodeLength);
        arena.Publish(slot);
        Link(space, slot);
        // The new one is found before the old one goes: at no time is there none.
        _slots.Set(space, key, slot);
        if (replaces)
            TakeOut(before);
        return true;
    }

    /// <summary>Makes a published slot findable.</summary>
    private void Link(UInt128 space, uint slot) => _namespaces.GetOrAdd(space, static id => new Namespace(id)).Append(arena, slot);

    /// <summary>Makes a slot unfindable, and erases it.</summary>
    private void TakeOut(uint slot)
    {
        UInt128 id = ((RecordHeader*)arena.Record(slot))->Namespace;
        Namespace space = _namespaces[id];
        space.Remove(arena, slot);
        arena.Erase(slot);
        space.CountRemoval();
        if (space.Count == 0)
            _namespaces.TryRemove(id, out _);
    }

    /// <summary>Removes a vector.</summary>
    /// <returns>False: it was not there.</returns>
    public bool Remove(UInt128 space, UInt128 key)
    {
        if (!_slots.TryFind(space, key, out uint slot))
            return false;
        _slots.Remove(space, key);
        TakeOut(slot);
        return true;
    }

    /// <summary>Removes all vectors of a namespace.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveNamespace(UInt128 space)
    {
        if (!_namespaces.TryGetValue(space, out Namespace? found))
            return 0;
        int count = found.Count;
        foreach (uint slot in found.List.Slots)
        {
            if (slot == SlotList.Removed)
                continue;
            _slots.Remove(space, ((RecordHeader*)arena.Record(slot))->Key);
            TakeOut(slot);
        }
        return count;
    }

    /// <summary>Removes a vector if it has expired.</summary>
    public void RemoveIfExpired(uint slot, long now)
    {
        var header = (RecordHeader*)arena.Record(slot);
        if (header->Version == 0 || header->ExpiresAt > now)
            return;
        _slots.Remove(header->Namespace, header->Key);
        TakeOut(slot);
    }

    /// <summary>Takes up what the file holds: of two records of one key the later, nothing that has expired, and nothing torn.</summary>
    public void Restore(List<uint> whole, List<uint> torn, long now)
    {
        int next = 0;
        var stale = new List<uint>(torn);
        foreach (uint slot in whole)
        {
            for (; next < slot; next++)
                ReleaseIfEmpty((uint)next);
            next = (int)slot + 1;
            var header = (RecordHeader*)arena.Record(slot);
            arena.Adopt(header->Version);
            bool twice = _slots.TryFind(header->Namespace, header->Key, out uint other);
            if (header->ExpiresAt <= now || (twice && ((RecordHeader*)arena.Record(other))->Version > header->Version))
            {
                stale.Add(slot);
                continue;
            }
            if (twice)
            {
                Namespace space = _namespaces[header->Namespace];
                space.Remove(arena, other);
                stale.Add(other);
            }
            _slots.Set(header->Namespace, header->Key, slot);
            Link(header->Namespace, slot);
        }
        for (; next < arena.SlotCount; next++)
            ReleaseIfEmpty((uint)next);
        foreach (uint slot in stale)
            arena.Erase(slot);

        void ReleaseIfEmpty(uint slot)
        {
            if (torn.BinarySearch(slot) < 0)
                arena.Release(slot);
        }
    }
}
