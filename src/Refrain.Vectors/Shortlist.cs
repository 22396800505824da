namespace Refrain.Vectors;

/// <summary>The slots with the greatest similarities so far: a heap whose first is the least of them.</summary>
internal sealed class Shortlist
{
    private (float Similarity, uint Slot)[] _heap = new (float, uint)[32];
    private int _count;
    private int _capacity;

    public int Count => _count;

    /// <summary>How many it keeps.</summary>
    public int Capacity => _capacity;

    public bool IsFull => _count == _capacity;

    /// <summary>Least similarity that a full list still holds; any will do for one that is not full.</summary>
    public float Threshold => _count < _capacity ? float.NegativeInfinity : _heap[0].Similarity;

    /// <summary>Empties the list, and sets how many it keeps.</summary>
    public void Reset(int capacity)
    {
        if (_heap.Length < capacity)
            _heap = new (float, uint)[capacity];
        _capacity = capacity;
        _count = 0;
    }

    /// <summary>Adds a slot if it is among the best.</summary>
    public void Offer(float similarity, uint slot)
    {
        if (_count < _capacity)
        {
            int place = _count++;
            for (; place > 0 && similarity < _heap[(place - 1) / 2].Similarity; place = (place - 1) / 2)
                _heap[place] = _heap[(place - 1) / 2];
            _heap[place] = (similarity, slot);
        }
        else if (similarity > _heap[0].Similarity)
        {
            Sink(similarity, slot);
        }
    }

    /// <summary>Sorts the list, best first. Only <see cref="Reset"/> may follow.</summary>
    public ReadOnlySpan<(float Similarity, uint Slot)> Sorted()
    {
        Span<(float Similarity, uint Slot)> all = _heap.AsSpan(0, _count);
        all.Sort(static (a, b) => b.Similarity.CompareTo(a.Similarity));
        return all;
    }

    private void Sink(float similarity, uint slot)
    {
        int place = 0;
        for (int child; (child = 2 * place + 1) < _count; place = child)
        {
            if (child + 1 < _count && _heap[child + 1].Similarity < _heap[child].Similarity)
                child++;
            if (similarity <= _heap[child].Similarity)
                break;
            _heap[place] = _heap[child];
        }
        _heap[place] = (similarity, slot);
    }
}
