using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>The one that writes: which slot holds what, and in which namespace it is found. Callers hold <see cref="Writing"/>.</summary>
/// <param name="arena">The slots.</param>
/// <param name="rotation">How vectors are rotated.</param>
/// <param name="contexts">Who knows which searches are under way.</param>
/// <param name="countMax">Most vectors held at once.</param>
internal sealed unsafe class Writer(Arena arena, Rotation rotation, ContextPool contexts, int countMax)
{
    /// <summary>Once as many vectors are there, their mean is measured, and taken away from all sketches.</summary>
    public const int MeanCount = 2000;

    private readonly ConcurrentDictionary<UInt128, Namespace> _namespaces = new();
    private readonly SlotTable _slots = new(arena);
    private readonly Links _links = new(arena);
    private readonly Queue<(ulong Version, uint Slot, Namespace Space)> _retired = new();
    private readonly Queue<(ulong Version, BandTable Tables)> _replaced = new();
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
            int[] degrees = [.. _namespaces.Values.Select(space => space.List).Where(list => list.LinkedCount > 0)
                .SelectMany(list => Sample(list.Slots[..list.LinkedCount])).Take(SampleCount).Select(_links.DegreeOf)];
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

    /// <summary>Bytes of the sketches.</summary>
    public long SketchSize => _sketches.MemorySize;

    /// <summary>Bytes of the band tables.</summary>
    public long TableSize => _namespaces.Values.Sum(space => space.TableSize);

    /// <summary>Bytes of what finds a key and lists a namespace.</summary>
    public long KeySize => _slots.MemorySize + _namespaces.Values.Sum(space => space.List.MemorySize);

    /// <summary>The memory of sketches and tables. Under <see cref="Writing"/>.</summary>
    public IEnumerable<(nint Address, long Size)> Blocks => _sketches.Blocks.Concat(_namespaces.Values.SelectMany(space => space.Blocks));

    /// <summary>All namespaces, as far as they are there.</summary>
    public ICollection<Namespace> Namespaces => _namespaces.Values;

    public int NamespaceCount => _namespaces.Count;

    /// <summary>Vectors that there was no room for.</summary>
    public long RefusedCount { get; private set; }

    /// <summary>Before this moment, in milliseconds since 1970, nothing expires.</summary>
    public long EarliestExpiry { get; set; } = long.MaxValue;

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
        EarliestExpiry = Math.Min(EarliestExpiry, expiresAt);
        header->Scale = Quantiser.Encode(context.Vector, (byte*)header + RecordHeader.HeaderSize, (byte*)header + layout.RestOffset, layout.CodeLength);
        arena.Publish(slot);
        _sketches.Grow();
        _sketches.Write(slot, context);
        Link(space, slot);
        _slots.Set(space, key, slot);
        // By the same number: each search sees either the old one or the new one.
        if (replaces)
            Retire(before, header->Version);
        arena.Commit();
        Reclaim();
        if (!_hasMean && _slots.Count >= MeanCount)
            MeasureMean(context);
        return true;
    }

    /// <summary>Makes a published slot findable.</summary>
    private void Link(UInt128 space, uint slot) => _namespaces.GetOrAdd(space, static id => new Namespace(id)).Append(arena, _sketches, slot);

    /// <summary>Takes a namespace a step towards larger tables; nothing happens if it needs none.</summary>
    public void MoveTables(Namespace space)
    {
        // A search that has seen the next write has seen the new tables.
        if (space.MoveSome() is { } before)
            _replaced.Enqueue((arena.Committed + 1, before));
    }

    /// <summary>Hides a slot from the searches that begin after a write; it is taken out by <see cref="Reclaim"/>.</summary>
    private void Retire(uint slot, ulong version)
    {
        UInt128 id = ((RecordHeader*)arena.Record(slot))->Namespace;
        Namespace space = _namespaces[id];
        arena.Retire(slot, version);
        _retired.Enqueue((version, slot, space));
        space.CountRetired();
        if (space.Count == 0)
            _namespaces.TryRemove(id, out _);
    }

    /// <summary>Takes out and erases the slots that no search under way can need: nearly always all that were retired.</summary>
    /// <returns>Whether all are gone that a write up to <paramref name="upTo"/> retired.</returns>
    public bool Reclaim(ulong upTo = 0)
    {
        if (_retired.Count == 0 && _replaced.Count == 0)
            return true;
        ulong oldest = contexts.OldestSnapshot;
        while (_replaced.TryPeek(out (ulong Version, BandTable Tables) replaced) && replaced.Version <= oldest)
            _replaced.Dequeue().Tables.Free();
        while (_retired.TryPeek(out (ulong Version, uint Slot, Namespace Space) next) && next.Version <= oldest)
        {
            _retired.Dequeue();
            next.Space.Remove(arena, next.Slot);
            _links.Remove(next.Slot);
            arena.Erase(next.Slot);
        }
        return _retired.Count == 0 || _retired.Peek().Version > upTo;
    }

    /// <summary>Removes a vector.</summary>
    /// <returns>False: it was not there.</returns>
    public bool Remove(UInt128 space, UInt128 key)
    {
        if (!_slots.TryFind(space, key, out uint slot))
            return false;
        _slots.Remove(space, key);
        Retire(slot, arena.CountWrite());
        arena.Commit();
        Reclaim();
        return true;
    }

    /// <summary>Removes all vectors of a namespace.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveNamespace(UInt128 space)
    {
        if (!_namespaces.TryGetValue(space, out Namespace? found))
            return 0;
        int count = found.Count;
        ulong version = arena.CountWrite();
        foreach (uint slot in found.List.Slots)
        {
            if (slot == SlotList.Removed || !((RecordHeader*)arena.Record(slot))->IsCurrent)
                continue;
            _slots.Remove(space, ((RecordHeader*)arena.Record(slot))->Key);
            Retire(slot, version);
        }
        arena.Commit();
        Reclaim();
        return count;
    }

    /// <summary>Removes a vector if it has expired.</summary>
    public void RemoveIfExpired(uint slot, long now)
    {
        var header = (RecordHeader*)arena.Record(slot);
        if (!header->IsCurrent || header->ExpiresAt > now)
            return;
        _slots.Remove(header->Namespace, header->Key);
        Retire(slot, arena.CountWrite());
        arena.Commit();
        Reclaim();
    }

    /// <summary>Takes up what the file holds: of two records of one key the later, nothing that has expired, and nothing torn.</summary>
    /// <param name="file">The file behind the arena.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="createContext">Makes what a thread works with.</param>
    /// <returns>How many slots held something that is not a whole record.</returns>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public int Restore(ArenaFile file, long now, Func<SearchContext> createContext)
    {
        float[] mean = new float[rotation.Dimensions];
        if (file.TryReadMean(mean))
        {
            _sketches = new Sketches(arena, rotation, mean);
            _hasMean = true;
        }
        _sketches.Grow();
        int torn = TakeUp(file, now, createContext);
        if (!_hasMean && _slots.Count >= MeanCount)
            MeasureMean(createContext());
        else
            RebuildBands();
        arena.Commit();
        return torn;
    }

    /// <summary>Reads all slots; what that takes is given back before the tables take theirs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int TakeUp(ArenaFile file, long now, Func<SearchContext> createContext)
    {
        using var scan = new ArenaScan(file);
        scan.Run(_sketches, createContext);
        ReadOnlySpan<SlotKind> kinds = scan.Kinds;
        _slots.Reserve(kinds.Count(SlotKind.Whole));
        int torn = 0;
        for (uint slot = 0; slot < kinds.Length; slot++)
        {
            Prefetch(kinds, scan.Headers, slot);
            switch (kinds[(int)slot])
            {
                case SlotKind.Free:
                    arena.Release(slot);
                    break;
                case SlotKind.Whole:
                    TakeUp(scan.Headers, slot, now);
                    break;
                case SlotKind.Torn:
                    torn++;
                    arena.Erase(slot);
                    break;
                default:
                    arena.Erase(slot);
                    break;
            }
        }
        return torn;
    }

    /// <summary>The places of keys that come a little later are fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(ReadOnlySpan<SlotKind> kinds, RecordHeader* headers, uint slot)
    {
        const int Near = 8, Far = 16;
        if (slot + Far < kinds.Length && kinds[(int)slot + Far] == SlotKind.Whole)
            _slots.Prefetch(headers, slot + Far);
        if (slot + Near < kinds.Length && kinds[(int)slot + Near] == SlotKind.Whole)
            _slots.PrefetchOther(headers, slot + Near);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeUp(RecordHeader* headers, uint slot, long now)
    {
        RecordHeader* header = headers + slot;
        arena.Adopt(header->Version);
        if (header->ExpiresAt <= now)
        {
            arena.Erase(slot);
            return;
        }
        // Not covered by the checksum, and of no meaning in a record that is whole.
        if (header->Sequence > int.MaxValue)
            ((RecordHeader*)arena.Record(slot))->Sequence &= ~RecordHeader.Retired;
        EarliestExpiry = Math.Min(EarliestExpiry, header->ExpiresAt);
        if (!_slots.TryAdd(headers, slot, out uint other))
        {
            if (headers[other].Version > header->Version)
            {
                arena.Erase(slot);
                return;
            }
            _slots.Set(header->Namespace, header->Key, slot);
            Namespace space = _namespaces[header->Namespace];
            space.CountRetired();
            space.Remove(arena, other);
            arena.Erase(other);
        }
        _namespaces.GetOrAdd(header->Namespace, static id => new Namespace(id)).AppendWithoutBands(arena, slot);
    }

    /// <summary>Measures the mean of what is there, and makes all sketches anew around it.</summary>
    private void MeasureMean(SearchContext context)
    {
        var sums = new double[rotation.Dimensions];
        int count = 0;
        foreach (uint slot in LiveSlots())
        {
            byte* record = arena.Record(slot);
            Quantiser.Decode(record + RecordHeader.HeaderSize, ((RecordHeader*)record)->Scale, context.Vector, rotation.PaddedDimensions);
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
