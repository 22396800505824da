using System.IO.Hashing;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>Where the parts of a slot lie: header, code, rest of the code, links. All slots of an arena have the same stride.</summary>
internal sealed unsafe class RecordLayout
{
    /// <summary>Links a node has in the graph.</summary>
    public const int LinkCount = 32;

    private const long ExtentSizeMax = 64 << 20;

    /// <param name="dimensions">Numbers in a vector.</param>
    /// <param name="extentSlotCount">Slots an extent holds, a power of two; null for as many as fit in 64 MiB.</param>
    public RecordLayout(int dimensions, int? extentSlotCount)
    {
        CodeLength = Quantiser.LengthOf(dimensions);
        RestOffset = RecordHeader.HeaderSize + CodeLength;
        LinksOffset = RestOffset + CodeLength / Quantiser.RestsPerByte;
        Stride = (LinksOffset + LinkCount * sizeof(uint) + 63) / 64 * 64;
        ExtentSlotCount = extentSlotCount ?? (int)BitOperations.RoundUpToPowerOf2((uint)(ExtentSizeMax / Stride) + 1) / 2;
        ExtentShift = BitOperations.Log2((uint)ExtentSlotCount);
        ExtentSize = ((long)ExtentSlotCount * Stride + 4095) / 4096 * 4096;
    }

    /// <summary>Bytes of a code, padding included.</summary>
    public int CodeLength { get; }

    /// <summary>Offset of the code's rest: two bits a number.</summary>
    public int RestOffset { get; }

    /// <summary>Offset of the links: slot numbers plus one, 0 for none.</summary>
    public int LinksOffset { get; }

    /// <summary>Bytes of a slot: a multiple of 64.</summary>
    public int Stride { get; }

    public int ExtentSlotCount { get; }

    public int ExtentShift { get; }

    /// <summary>Bytes of an extent: a multiple of the page size.</summary>
    public long ExtentSize { get; }

    /// <summary>What <see cref="RecordHeader.Checksum"/> must be.</summary>
    /// <param name="record">A slot's bytes.</param>
    /// <param name="file">The file's number: a slot of another life of the file does not pass.</param>
    /// <param name="slot">The slot's number: a slot that landed elsewhere does not pass.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ulong Checksum(byte* record, ulong file, uint slot)
    {
        ulong seed = (file ^ slot) * 0x9E37_79B9_7F4A_7C15;
        ulong head = XxHash3.HashToUInt64(new ReadOnlySpan<byte>(record + 4, 52), (long)seed);
        return Xxh3.Hash(record + RecordHeader.HeaderSize, LinksOffset - RecordHeader.HeaderSize, head);
    }

    /// <summary>Whether a slot holds a whole record.</summary>
    public bool IsWhole(byte* record, ulong file, uint slot)
    {
        var header = (RecordHeader*)record;
        return header->Version != 0 && (header->Sequence & 1) == 0 && float.IsFinite(header->Scale) && header->Checksum == Checksum(record, file, slot);
    }
}
