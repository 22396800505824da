using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Refrain.Vectors;

/// <summary>The first 64 bytes of a slot. FORMAT.md lists them, and a test compares.</summary>
[StructLayout(LayoutKind.Explicit, Size = HeaderSize)]
internal struct RecordHeader
{
    public const int HeaderSize = 64;

    /// <summary>In <see cref="Sequence"/>: the record is replaced or removed, and waits until no search that began before is under way. <see cref="Checksum"/> then holds the number of the write that did it.</summary>
    public const uint Retired = 1u << 31;

    /// <summary>Odd while the slot is being written. Readers take what they read for true only if it is even and did not change meanwhile.</summary>
    [FieldOffset(0)] public uint Sequence;

    /// <summary>What one step of the code stands for.</summary>
    [FieldOffset(4)] public float Scale;

    [FieldOffset(8)] public ulong KeyLow;
    [FieldOffset(16)] public ulong KeyHigh;
    [FieldOffset(24)] public ulong NamespaceLow;
    [FieldOffset(32)] public ulong NamespaceHigh;

    /// <summary>Milliseconds since 1970, or <see cref="long.MaxValue"/> for never.</summary>
    [FieldOffset(40)] public long ExpiresAt;

    /// <summary>Number of the write that filled the slot; larger is later. 0: the slot is free.</summary>
    [FieldOffset(48)] public ulong Version;

    /// <summary>Checksum of all of the slot but this field, the sequence and the links; seeded with file and slot.</summary>
    [FieldOffset(56)] public ulong Checksum;

    /// <summary>Whether the slot holds a record that was neither replaced nor removed.</summary>
    public readonly bool IsCurrent => Version != 0 && (Sequence & Retired) == 0;

    public readonly UInt128 Key
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(KeyHigh, KeyLow);
    }

    public readonly UInt128 Namespace
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(NamespaceHigh, NamespaceLow);
    }
}
