namespace Refrain.Vectors;

/// <summary>
/// Links nodes into the graph of their namespace, in the background: those in the list of the namespace that no link has reached yet. Looks for neighbours without a lock,
/// as any reader does, and takes the writer's lock only to set the links. In between it fills larger tables for a namespace that has outgrown its own.
/// </summary>
internal sealed unsafe class Linker : IDisposable
{
    /// <summary>efConstruction.</summary>
    private const int Width = 128;

    /// <summary>M: links that a new node makes; others may add theirs.</summary>
    private const int LinkedAtOnce = 16;

    /// <summary>Between two steps towards larger tables; some 10 µs.</summary>
    private const int PauseLength = 300;

    private readonly Arena _arena;
    private readonly Writer _writer;
    private readonly Rotation _rotation;
    private readonly Links _links;
    private readonly GraphSearch _search;
    private readonly SearchContext _context;
    private readonly ulong _mendUpTo;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile bool _waiting;

    /// <param name="arena">The slots.</param>
    /// <param name="writer">Who holds the lock and knows the namespaces.</param>
    /// <param name="rotation">How vectors are rotated.</param>
    /// <param name="links">The links.</param>
    /// <param name="search">How neighbours are found.</param>
    /// <param name="mendUpTo">The links of records that were written up to here may be half done; 0: of none.</param>
    public Linker(Arena arena, Writer writer, Rotation rotation, Links links, GraphSearch search, ulong mendUpTo)
    {
        _arena = arena;
        _writer = writer;
        _rotation = rotation;
        _links = links;
        _search = search;
        _mendUpTo = mendUpTo;
        _context = new SearchContext(rotation, arena.Layout); // Not from the pool: it sees whatever is there, and nothing is kept for it.
        _thread = new Thread(Run) { IsBackground = true, Name = "Refrain.Vectors linker", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    /// <summary>Says that there are nodes to link.</summary>
    public void Wake()
    {
        // Setting the event costs a system call: only where somebody waits for it.
        if (_waiting)
            _wake.Set();
    }

    /// <summary>Waits until the node in hand is linked, and stops.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            bool worked = false;
            foreach (Namespace space in _writer.Namespaces)
                while (!_stopping && Work(space))
                    worked = true;
            if (worked)
                continue;
            // Whoever adds from here on sees the flag; what was added before is seen by one more look.
            if (_waiting)
                _wake.WaitOne();
            _waiting = !_waiting;
        }
    }

    /// <summary>Larger tables, if they are needed, and one more node.</summary>
    /// <returns>False: there is nothing to do.</returns>
    private bool Work(Namespace space)
    {
        bool moves = space.IsMoving;
        while (!_stopping && space.IsMoving)
        {
            lock (_writer.Writing)
                _writer.MoveTables(space);
            // Writers get their turn: a lock that is let go and taken again at once starves who waits for it.
            Thread.SpinWait(PauseLength);
        }
        if (!space.TryPeekUnlinked(_arena, out uint slot, out SlotList list))
            return moves;
        Link(space, slot, list);
        return true;
    }

    /// <summary>Finds neighbours for the next node of a namespace, and links it with them.</summary>
    private void Link(Namespace space, uint slot, SlotList list)
    {
        if (slot != SlotList.Removed && ((RecordHeader*)_arena.Record(slot))->Version <= _mendUpTo && _links.DegreeOf(slot) > 0)
            lock (_writer.Writing)
                _links.Mend(slot);
        if (slot == SlotList.Removed || _links.DegreeOf(slot) > 0)
        {
            space.CountLinked(list);
            return;
        }
        byte* record = _arena.Record(slot);
        ulong version = ((RecordHeader*)record)->Version;
        Sketches sketches = _writer.Sketches;
        Quantiser.Decode(record + RecordHeader.HeaderSize, ((RecordHeader*)record)->Scale, _context.Vector, _rotation.PaddedDimensions);
        _context.EncodeQuery();
        sketches.Measure(_context);
        _context.Best.Reset(Width);
        if (list.LinkedCount > 0)
            _search.Find(_context, space, sketches, slot);
        ReadOnlySpan<(float Similarity, uint Slot)> candidates = _context.Best.Sorted();
        Span<uint> chosen = stackalloc uint[LinkedAtOnce];
        int count = Choose(candidates, chosen);
        lock (_writer.Writing)
        {
            var header = (RecordHeader*)_arena.Record(slot);
            // Meanwhile the slot, or a neighbour, may have become another's.
            if (header->Version == version && header->IsCurrent)
                foreach (uint other in chosen[..count])
                {
                    var there = (RecordHeader*)_arena.Record(other);
                    if (there->IsCurrent && there->Namespace == space.Id)
                        _links.TryConnect(slot, other);
                }
            space.CountLinked(list);
        }
    }

    /// <summary>
    /// The selection heuristic: a candidate that is nearer to one chosen than to the node itself is left to that one; if places remain, the best of those left fill them.
    /// </summary>
    private int Choose(ReadOnlySpan<(float Similarity, uint Slot)> candidates, Span<uint> chosen)
    {
        int count = 0;
        Span<uint> left = stackalloc uint[Width];
        int leftCount = 0;
        foreach ((float similarity, uint slot) in candidates)
        {
            if (count == chosen.Length)
                return count;
            bool reached = false;
            _links.Anchor(slot);
            for (int i = 0; i < count && !reached; i++)
                reached = _links.Similarity(chosen[i]) > similarity;
            if (reached)
                left[leftCount++] = slot;
            else
                chosen[count++] = slot;
        }
        for (int i = 0; i < leftCount && count < chosen.Length; i++)
            chosen[count++] = left[i];
        return count;
    }
}
