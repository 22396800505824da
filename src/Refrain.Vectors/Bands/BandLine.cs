using System.Runtime.InteropServices;

namespace Refrain.Vectors;

/// <summary>A cache line of a band table: up to twelve slots whose keys fell here, and where the chain goes on.</summary>
[StructLayout(LayoutKind.Sequential, Size = LineSize)]
internal unsafe struct BandLine
{
    public const int LineSize = 64;
    public const int SlotCount = 12;

    public fixed uint Slots[SlotCount];

    /// <summary>Number of the next line plus one; 0 at the end of the chain.</summary>
    public uint Next;

    /// <summary>A byte of each key's hash; 0 where there is none.</summary>
    public fixed byte Tags[SlotCount];
}
