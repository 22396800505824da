using System.Buffers.Binary;

namespace Refrain;

/// <summary>
/// What the guards know about one text: a sorted set of facts, four bytes each, and a few counts. Filled once by <see cref="GuardRail"/>,
/// then only read. An instance may be filled again for another text, so that a lookup need not allocate.
/// </summary>
internal sealed class TextFeatures
{
    /// <summary>Facts kept at most; a text with more is told apart by the first ones, and its length.</summary>
    internal const int FactCountMax = 4096;

    /// <summary>Texts up to this many UTF-16 units are short questions, which can spare no date, no number and no preposition.</summary>
    internal const int ShortLength = 80;

    private const int HeaderSize = 8;
    private const int FactSize = 4;

    private uint[] _facts = new uint[32];
    private int _count;

    /// <summary>UTF-16 units in the text, white space at the ends left out.</summary>
    public int Length { get; internal set; }

    /// <summary>Whether the text is a short question.</summary>
    public bool IsShort => Length <= ShortLength;

    /// <summary>The script of most letters, as <see cref="ScriptReader"/> numbers them; 0 where there are no letters.</summary>
    public int Script { get; internal set; }

    /// <summary>The language of most function words, 0 where it cannot be told.</summary>
    public int Language { get; internal set; }

    /// <summary>The facts, ascending. Numbers, units, dates and denials stand as often as the text names them; all others once.</summary>
    public ReadOnlySpan<uint> Facts => _facts.AsSpan(0, _count);

    /// <summary>Bytes that <see cref="Encode"/> writes.</summary>
    public int EncodedSize => HeaderSize + (_count * FactSize);

    /// <summary>Writes the features in little-endian order, to be kept with the entry.</summary>
    /// <param name="destination">At least <see cref="EncodedSize"/> bytes.</param>
    public void Encode(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, Length);
        destination[4] = (byte)Script;
        destination[5] = (byte)Language;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], (ushort)_count);
        for (int i = 0; i < _count; i++) BinaryPrimitives.WriteUInt32LittleEndian(destination[(HeaderSize + (i * FactSize))..], _facts[i]);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <param name="source">The bytes; not trusted.</param>
    /// <returns>The features, or null where the bytes are none.</returns>
    public static TextFeatures? Decode(ReadOnlySpan<byte> source)
    {
        if (source.Length < HeaderSize) return null;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(source[6..]);
        if (count > FactCountMax || source.Length != HeaderSize + (count * FactSize)) return null;

        var features = new TextFeatures
        {
            Length = BinaryPrimitives.ReadInt32LittleEndian(source),
            Script = source[4],
            Language = source[5],
            _facts = new uint[count],
            _count = count,
        };
        for (int i = 0; i < count; i++)
        {
            features._facts[i] = BinaryPrimitives.ReadUInt32LittleEndian(source[(HeaderSize + (i * FactSize))..]);
            if (i > 0 && features._facts[i] < features._facts[i - 1]) return null;
        }

        return features;
    }

    /// <summary>The facts of one kind, ascending.</summary>
    internal ReadOnlySpan<uint> Of(FactKind kind)
    {
        ReadOnlySpan<uint> facts = Facts;
        int start = LowerBound(facts, Fact.Of(kind, 0));
        int end = start;
        while (end < facts.Length && Fact.KindOf(facts[end]) == kind) end++;
        return facts[start..end];
    }

    internal void Clear()
    {
        _count = 0;
        Length = Script = Language = 0;
    }

    internal void Add(FactKind kind, uint payload)
    {
        if (_count == FactCountMax) return;
        if (_count == _facts.Length) Array.Resize(ref _facts, Math.Min(_facts.Length * 2, FactCountMax));
        _facts[_count++] = Fact.Of(kind, payload);
    }

    /// <summary>Sorts the facts and drops doubles of those that are not counted.</summary>
    internal void Seal()
    {
        AddNumberOrder();
        Span<uint> facts = _facts.AsSpan(0, _count);
        facts.Sort();
        int kept = 0;
        for (int i = 0; i < facts.Length; i++)
        {
            if (i == 0 || facts[i] != facts[i - 1] || Fact.KindOf(facts[i]) is <= FactKind.LooseDate or FactKind.Denied) facts[kept++] = facts[i];
        }

        _count = kept;
    }

    /// <summary>"Is 3 more than 5" against "is 5 more than 3": the numbers are the same, and what they say is not. Before the facts are sorted they stand as in the text.</summary>
    private void AddNumberOrder()
    {
        ulong hash = 0;
        uint before = uint.MaxValue;
        bool differ = false;
        foreach (uint fact in Facts)
        {
            if (Fact.KindOf(fact) != FactKind.Number || Fact.NumberIsLoose(Fact.PayloadOf(fact))) continue;
            uint value = Fact.NumberValueOf(Fact.PayloadOf(fact));
            differ |= before != uint.MaxValue && value != before;
            before = value;
            hash = (hash + value + 1) * 0x9E37_79B9_7F4A_7C15;
        }

        if (differ) Add(FactKind.NumberOrder, Fact.Hash(hash));
    }

    /// <summary>Gives back the room that was not needed: for features that are kept.</summary>
    internal void Trim()
    {
        if (_facts.Length != _count) Array.Resize(ref _facts, _count);
    }

    private static int LowerBound(ReadOnlySpan<uint> facts, uint value)
    {
        int low = 0, high = facts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (facts[middle] < value) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
