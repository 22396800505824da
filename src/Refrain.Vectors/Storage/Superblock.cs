using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Refrain.Vectors;

/// <summary>What a file says of itself. Two copies are written in turn; the whole one with the greater epoch counts. FORMAT.md lists the fields, and a test compares.</summary>
[StructLayout(LayoutKind.Explicit, Size = BlockSize)]
internal struct Superblock
{
    public const int BlockSize = 4096;
    public const ulong MagicValue = 0x3158_4449_4E46_4552; // "REFNIDX1"
    public const uint CurrentVersion = 2;
    public const uint ByteOrderValue = 0x0102_0304;

    /// <summary>Int8 after rotation, with two more bits a number.</summary>
    public const uint QuantiserValue = 2;

    [FieldOffset(0)] public ulong Magic;
    [FieldOffset(8)] public uint FormatVersion;
    [FieldOffset(12)] public uint ByteOrder;
    [FieldOffset(16)] public uint Dimensions;
    [FieldOffset(20)] public uint Stride;
    [FieldOffset(24)] public uint Quantiser;
    [FieldOffset(28)] public uint ExtentSlotCount;
    [FieldOffset(32)] public ulong SpaceDigest;
    [FieldOffset(40)] public ulong RotationSeed;
    [FieldOffset(48)] public ulong FileNumber;
    [FieldOffset(56)] public ulong Epoch;
    [FieldOffset(64)] public ulong LastVersion;
    [FieldOffset(72)] public ulong MeanChecksum;
    [FieldOffset(80)] public uint ExtentCount;
    [FieldOffset(84)] public uint Clean;
    [FieldOffset(88)] public ulong Checksum;

    /// <summary>Bytes before <see cref="Checksum"/>, which it covers together with the zeros after it.</summary>
    private const int ChecksumOffset = 88;

    public static ulong ChecksumOf(in Superblock block)
    {
        Superblock copy = block;
        copy.Checksum = 0;
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<Superblock>(in copy)), ChecksumOffset);
    }

    /// <summary>Whether all bytes are as they were written.</summary>
    public readonly bool IsWhole => Magic == MagicValue && Checksum == ChecksumOf(in this);
}
