using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;

namespace Refrain.Vectors;

/// <summary>
/// Zeroed memory outside the collector's heap, aligned to 64 bytes at least. It is given back by <see cref="Free"/>, or once nothing refers to it any more:
/// a search keeps its index, and so its blocks, alive.
/// </summary>
internal sealed unsafe class NativeBlock : CriticalFinalizerObject
{
    private readonly nint _mapped;
    private readonly nuint _mappedSize;

    /// <param name="size">Bytes; at least 1.</param>
    /// <exception cref="InvalidOperationException">The system has no such memory.</exception>
    public NativeBlock(long size)
    {
        Size = (size + 4095) & ~4095L;
        if (OperatingSystem.IsLinux())
        {
            Pointer = (byte*)LinuxCalls.Map((nuint)Size, out _mapped, out _mappedSize);
        }
        else
        {
            Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Size, 4096);
            NativeMemory.Clear(Pointer, (nuint)Size);
        }
    }

    ~NativeBlock() => Free();

    public byte* Pointer { get; private set; }

    public long Size { get; }

    /// <summary>Gives the memory back: nobody reads it any more.</summary>
    public void Free()
    {
        if (Pointer is null)
            return;
        if (OperatingSystem.IsLinux())
            LinuxCalls.Unmap(_mapped, _mappedSize);
        else
            NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
