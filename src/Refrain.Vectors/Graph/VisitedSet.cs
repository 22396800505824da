namespace Refrain.Vectors;

/// <summary>The slots that one search of the graph has met: open addressing, forgotten by counting searches.</summary>
internal sealed class VisitedSet
{
    private const int PlaceCount = 1 << 15;
    private const int CountMax = PlaceCount / 2;

    /// <summary>Bytes of memory.</summary>
    public const int MemorySize = PlaceCount * sizeof(ulong);

    private readonly ulong[] _places = new ulong[PlaceCount];
    private uint _search;
    private int _count;

    public void Clear()
    {
        _count = 0;
        if (++_search != 0)
            return;
        Array.Clear(_places);
        _search = 1;
    }

    /// <summary>Notes a slot.</summary>
    /// <returns>False: it is noted already, or the search has met so many that it should end.</returns>
    public bool Add(uint slot)
    {
        if (_count == CountMax)
            return false;
        ulong mark = ((ulong)_search << 32) | slot;
        for (uint place = slot * 0x9E37_79B1 >> 17; ; place = (place + 1) % PlaceCount)
        {
            ulong there = _places[place];
            if (there == mark)
                return false;
            if (there >> 32 == _search)
                continue;
            _places[place] = mark;
            _count++;
            return true;
        }
    }
}
