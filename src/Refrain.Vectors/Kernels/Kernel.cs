using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Refrain.Vectors;

/// <summary>The dispatcher: the only door to the inner loops. Each test is a constant to the compiler, so that nothing is left of it.</summary>
/// <remarks>
/// The order: AvxVnni multiplies and adds four bytes a lane in one instruction and loses to nothing that .NET offers (no class has its 512-bit form);
/// then the widest vectors first; then scalar code. All give the same bits: see KernelAgreementTests.
/// </remarks>
internal static unsafe class Kernel
{
    /// <summary>Codes have a length that is a multiple of this.</summary>
    public const int BlockLength = 64;

    /// <summary>The instruction set of <see cref="DotCodes"/>.</summary>
    public static string Name =>
        AvxVnniKernels.IsSupported ? AvxVnniKernels.Name
        : Avx512Kernels.IsSupported ? Avx512Kernels.Name
        : Avx2Kernels.IsSupported ? Avx2Kernels.Name
        : AdvSimdKernels.IsSupported ? AdvSimdKernels.Name
        : ScalarKernels.Name;

    /// <summary>The instruction set of the loops over floats.</summary>
    public static string FloatName => Vector512.IsHardwareAccelerated ? "Vector512" : Vector256.IsHardwareAccelerated ? "Vector256" : Vector128.IsHardwareAccelerated ? "Vector128" : ScalarKernels.Name;

    /// <summary>Dot product of a stored code and a query's code: the inner loop of every search.</summary>
    /// <param name="code">n bytes, each a number in [-127, 127] plus 128.</param>
    /// <param name="query">n numbers in [-127, 127].</param>
    /// <param name="length">n: a multiple of <see cref="BlockLength"/>, at most 4,096.</param>
    /// <returns>Σ codeᵢ · queryᵢ with the 128 still in the codes; exact in int32, because 255 · 127 · 4,096 &lt; 2³¹.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int DotCodes(byte* code, sbyte* query, int length) =>
        AvxVnniKernels.IsSupported ? AvxVnniKernels.DotCodes(code, query, length)
        : Avx512Kernels.IsSupported ? Avx512Kernels.DotCodes(code, query, length)
        : Avx2Kernels.IsSupported ? Avx2Kernels.DotCodes(code, query, length)
        : AdvSimdKernels.IsSupported ? AdvSimdKernels.DotCodes(code, query, length)
        : ScalarKernels.DotCodes(code, query, length);

    /// <summary>Fast Walsh–Hadamard transform, in place, not normalised: its square is n times the identity, or n / 16 times.</summary>
    /// <param name="values">n floats.</param>
    /// <param name="length">n: a power of two, at least 32.</param>
    /// <param name="first">
    /// The first stride: 1 for the whole transform; <see cref="FloatLoops.LaneCount"/> for a part of it that mixes every sixteenth number, in half the time.
    /// </param>
    /// <remarks>Every path adds and subtracts the same pairs, so that all give the same bits.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hadamard(float* values, int length, int first)
    {
        if (Vector512.IsHardwareAccelerated)
            Avx512Kernels.Hadamard(values, length, first);
        else if (Vector256.IsHardwareAccelerated)
            Avx2Kernels.Hadamard(values, length, first);
        else if (Vector128.IsHardwareAccelerated)
            AdvSimdKernels.Hadamard(values, length, first);
        else
            ScalarKernels.Hadamard(values, length, first);
    }

    /// <summary>Hints that the line at <paramref name="address"/> is wanted soon. Never faults.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Hints that the first <paramref name="size"/> bytes of an object are wanted soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchObject(object? target, int size)
    {
        // SAFETY: a prefetch of any address reads and writes nothing; should the object be moved meanwhile, the wrong lines are fetched.
        PrefetchRange((byte*)Unsafe.As<object?, nint>(ref target), size);
    }

    /// <summary>Hints that <paramref name="size"/> bytes from <paramref name="address"/> on are wanted soon. Never faults.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchRange(byte* address, int size)
    {
        if (!Sse.IsSupported)
            return;
        for (int offset = 0; offset < size; offset += 64)
            Sse.Prefetch0(address + offset);
    }
}
