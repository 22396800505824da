namespace Refrain.Vectors;

/// <summary>The best nodes that a search of the graph has met, in order, and which of them were expanded.</summary>
internal sealed class Beam
{
    private (float Similarity, uint Slot, bool Expanded)[] _nodes = new (float, uint, bool)[64];
    private int _width;
    private int _next;

    /// <summary>Nodes in it.</summary>
    public int Count { get; private set; }

    /// <summary>Least estimate that still gets in.</summary>
    public float Threshold => Count < _width ? float.NegativeInfinity : _nodes[Count - 1].Similarity;

    /// <summary>Empties the beam, and sets how many it holds: ef.</summary>
    public void Reset(int width)
    {
        if (_nodes.Length < width)
            _nodes = new (float, uint, bool)[width];
        _width = width;
        Count = 0;
        _next = 0;
    }

    public uint SlotAt(int place) => _nodes[place].Slot;

    /// <summary>Adds a node where its estimate belongs, unless all that are there are better.</summary>
    public void Offer(float similarity, uint slot)
    {
        if (similarity <= Threshold)
            return;
        int place = Count < _width ? Count++ : Count - 1;
        for (; place > 0 && _nodes[place - 1].Similarity < similarity; place--)
            _nodes[place] = _nodes[place - 1];
        _nodes[place] = (similarity, slot, false);
        _next = Math.Min(_next, place);
    }

    /// <summary>The best node that was not expanded yet.</summary>
    /// <returns>False: all were.</returns>
    public bool TryExpand(out uint slot)
    {
        while (_next < Count && _nodes[_next].Expanded)
            _next++;
        slot = 0;
        if (_next == Count)
            return false;
        _nodes[_next].Expanded = true;
        slot = _nodes[_next++].Slot;
        return true;
    }
}
