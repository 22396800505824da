using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>The slots that one search of the graph has met: a bit each, so that those of a hundred thousand vectors stay in the first cache.</summary>
internal sealed class VisitedSet
{
    private ulong[] _words = [];
    private int[] _touched = new int[1024];
    private int _touchedCount;

    /// <summary>Bytes of memory.</summary>
    public long MemorySize => _words.Length * sizeof(ulong) + _touched.Length * sizeof(int);

    /// <summary>Forgets all slots.</summary>
    /// <param name="slotCount">Slots from here on are not looked at by this search.</param>
    public void Reset(uint slotCount)
    {
        foreach (int word in _touched.AsSpan(0, _touchedCount))
            _words[word] = 0;
        _touchedCount = 0;
        int count = (int)((slotCount + 63) / 64);
        if (_words.Length < count)
            _words = new ulong[count];
    }

    /// <summary>Notes a slot.</summary>
    /// <returns>False: it is noted already, or is none of those that the search looks at.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(uint slot)
    {
        ulong[] words = _words;
        uint word = slot / 64;
        if (word >= (uint)words.Length)
            return false;
        ulong there = words[word], bit = 1ul << (int)(slot % 64);
        if ((there & bit) != 0)
            return false;
        words[word] = there | bit;
        if (there == 0)
            Touch((int)word);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Touch(int word)
    {
        if (_touchedCount == _touched.Length)
            Array.Resize(ref _touched, _touched.Length * 2);
        _touched[_touchedCount++] = word;
    }
}
