namespace Refrain.Vectors;

/// <summary>The nodes that a search of the graph has met and not looked at yet: a heap whose first is the most promising.</summary>
internal sealed class Frontier
{
    private (float Estimate, uint Slot)[] _heap = new (float, uint)[1024];
    private int _count;

    /// <summary>Forgets all nodes.</summary>
    public void Clear() => _count = 0;

    /// <summary>A node of the heap: the most promising at place 0, the next among those behind it.</summary>
    /// <returns>False: there are not so many.</returns>
    public bool TryPeek(int place, out float estimate, out uint slot)
    {
        (estimate, slot) = _heap[place];
        return place < _count;
    }

    /// <summary>Adds a node.</summary>
    public void Push(float estimate, uint slot)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _heap.Length * 2);
        (float Estimate, uint Slot)[] heap = _heap;
        int place = _count++;
        for (int parent; place > 0 && heap[parent = (place - 1) / 2].Estimate < estimate; place = parent)
            heap[place] = heap[parent];
        heap[place] = (estimate, slot);
    }

    /// <summary>Takes the most promising node out; there is one.</summary>
    public void Pop()
    {
        (float Estimate, uint Slot)[] heap = _heap;
        (float Estimate, uint Slot) last = heap[--_count];
        int place = 0;
        for (int child; (child = 2 * place + 1) < _count; place = child)
        {
            if (child + 1 < _count && heap[child + 1].Estimate > heap[child].Estimate)
                child++;
            if (last.Estimate >= heap[child].Estimate)
                break;
            heap[place] = heap[child];
        }
        heap[place] = last;
    }
}
