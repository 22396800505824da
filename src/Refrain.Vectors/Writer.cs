using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Refrain.Vectors;

/// <summary>The one that writes: which slot holds what, and in which namespace it is found. Callers hold <see cref="Writing"/>.</summary>
/// <param name="arena">The slots.</param>
/// <param name="rotation">How vectors are rotated.</param>
/// <param name="countMax">Most vectors held at once.</param>
internal sealed unsafe class Writer(Arena arena, Rotation rotation, int countMax)
{
    /// <summary>Once as many vectors are there, their mean is measured, and taken away from all sketches.</summary>
    public const int MeanCount = 2000;

    private readonly ConcurrentDictionary<UInt128, Namespace> _namespaces = new();
    private readonly SlotTable _slots = new(arena);
    private readonly Links _links = new(arena);
    private Sketches _sketches = new(arena, rotation, new float[rotation.Dimensions]);
    private bool _hasMean;

    /// <summary>Held by whoever writes.</summary>
    public Lock Writing { get; } = new();

    public int Count => _slots.Count;

    /// <summary>The sketches of all slots; others take their place when the mean is measured.</summary>
    public Sketches Sketches => Volatile.Read(ref _sketches);

    /// <summary>m² of the measured mean; NaN before.</summary>
    public float MeanSquare => _hasMean ? Sketches.MeanSquare : float.NaN;

    /// <summary>Places in the lists of large namespaces that the graph does not cover yet.</summary>
    public int UnlinkedCount => _namespaces.Values.Sum(space => space.UnlinkedCount);

    /// <summary>Links a linked vector has, on average over a sample; 0 if none is linked.</summary>
    public float MeanDegree
    {
        get
        {
            const int SampleCount = 256;
            int[] degrees = [.. _namespaces.Values.Where(space => space.LinkedCount > 0)
                .SelectMany(space => Sample(space.List.Slots[..space.LinkedCount])).Take(SampleCount).Select(_links.DegreeOf)];
            return degrees.Length == 0 ? 0 : (float)degrees.Average();

            static List<uint> Sample(ReadOnlySpan<uint> slots)
            {
                var sample = new List<uint>();
                for (int i = 0; i < slots.Length; i += Math.Max(1, slots.Length / SampleCount))
                    if (slots[i] != SlotList.Removed)
                        sample.Add(slots[i]);
                return sample;
            }
        }
    }

    /// <summary>Bytes of memory that are not the arena's.</summary>
    public long MemorySize => _slots.MemorySize + _sketches.MemorySize + _namespaces.Values.Sum(space => space.MemorySize);

    /// <summary>All namespaces, as far as they are there.</summary>
    public ICollection<Namespace> Namespaces => _namespaces.Values;

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
        _sketches.Grow();
        _sketches.Write(slot, context);
        Link(space, slot);
        // The new one is found before the old one goes: at no time is there none.
        _slots.Set(space, key, slot);
        if (replaces)
        {
            // Counted in between: a search that no longer finds the old one knows, and one that begins now finds the new one.
            _namespaces[space].CountMove();
            TakeOut(before);
        }
        if (!_hasMean && _slots.Count >= MeanCount)
            MeasureMean(context);
        return true;
    }

    /// <summary>Makes a published slot findable.</summary>
    private void Link(UInt128 space, uint slot) => _namespaces.GetOrAdd(space, static id => new Namespace(id)).Append(arena, _sketches, slot);

    /// <summary>Makes a slot unfindable, and erases it.</summary>
    private void TakeOut(uint slot)
    {
        UInt128 id = ((RecordHeader*)arena.Record(slot))->Namespace;
        Namespace space = _namespaces[id];
        space.Remove(arena, slot);
        _links.Remove(slot);
        arena.Erase(slot);
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
    /// <param name="whole">Slots that hold a whole record, in ascending order.</param>
    /// <param name="torn">Slots that hold something else, in ascending order.</param>
    /// <param name="mean">The mean that the file holds; empty if it holds none.</param>
    /// <param name="clean">Whether the file was closed in order; if not, links may be half done.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="context">Lends its buffers.</param>
    public void Restore(List<uint> whole, List<uint> torn, ReadOnlySpan<float> mean, bool clean, long now, SearchContext context)
    {
        foreach (uint slot in torn)
            arena.Erase(slot);
        uint next = 0;
        foreach (uint slot in whole)
        {
            Release(next, slot, torn);
            next = slot + 1;
            var header = (RecordHeader*)arena.Record(slot);
            arena.Adopt(header->Version);
            bool twice = _slots.TryFind(header->Namespace, header->Key, out uint other);
            if (header->ExpiresAt <= now || (twice && ((RecordHeader*)arena.Record(other))->Version > header->Version))
            {
                arena.Erase(slot);
                continue;
            }
            _slots.Set(header->Namespace, header->Key, slot);
            if (twice)
                arena.Erase(other);
        }
        Release(next, arena.SlotCount, torn);
        if (mean.Length > 0)
        {
            _sketches = new Sketches(arena, rotation, mean);
            _hasMean = true;
        }
        _sketches.Grow();
        foreach (uint slot in whole)
        {
            var header = (RecordHeader*)arena.Record(slot);
            if (header->Version == 0)
                continue;
            _sketches.Write(slot, context);
            _namespaces.GetOrAdd(header->Namespace, static id => new Namespace(id)).AppendWithoutBands(arena, slot);
        }
        if (!clean)
            foreach (uint slot in LiveSlots())
                _links.Mend(slot);
        if (!_hasMean && _slots.Count >= MeanCount)
            MeasureMean(context);
        else
            RebuildBands();
    }

    private void Release(uint first, uint end, List<uint> torn)
    {
        for (uint slot = first; slot < end; slot++)
            if (torn.BinarySearch(slot) < 0)
                arena.Release(slot);
    }

    /// <summary>Measures the mean of what is there, and makes all sketches anew around it.</summary>
    private void MeasureMean(SearchContext context)
    {
        var sums = new double[rotation.Dimensions];
        int count = 0;
        foreach (uint slot in LiveSlots())
        {
            byte* record = arena.Record(slot);
            Quantiser.Decode(record + RecordHeader.HeaderSize, null, arena.Layout.CodeLength, ((RecordHeader*)record)->Scale, fine: false, context.Vector, rotation.PaddedDimensions);
            for (int i = 0; i < sums.Length; i++)
                sums[i] += context.Vector[i];
            if (++count == MeanCount)
                break;
        }
        float[] mean = [.. sums.Select(sum => (float)(sum / count))];
        var sketches = new Sketches(arena, rotation, mean);
        sketches.Grow();
        foreach (uint slot in LiveSlots())
            sketches.Write(slot, context);
        Volatile.Write(ref _sketches, sketches);
        _hasMean = true;
        arena.WriteMean(mean);
        RebuildBands();
    }

    private void RebuildBands()
    {
        foreach (Namespace space in _namespaces.Values)
            space.RebuildBands(_sketches);
    }

    private List<uint> LiveSlots()
    {
        var slots = new List<uint>(_slots.Count);
        foreach (Namespace space in _namespaces.Values)
            foreach (uint slot in space.List.Slots)
                if (slot != SlotList.Removed)
                    slots.Add(slot);
        return slots;
    }
}
