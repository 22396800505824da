using System.Buffers;
using System.Numerics;

namespace Refrain;

/// <summary>Bytes for the length of one call, cleared when given back because they held a prompt.</summary>
/// <remarks>Each thread keeps one buffer, so that the common lookup neither rents nor returns; only what is longer than <see cref="KeptSizeMax"/> goes through <see cref="ArrayPool{T}"/>.</remarks>
internal ref struct ScratchBuffer
{
    /// <summary>Largest buffer that a thread keeps; greater ones are rented.</summary>
    internal const int KeptSizeMax = 64 * 1024;

    private const int KeptSizeMin = 4 * 1024;

    [ThreadStatic]
    private static byte[]? _kept;

    private byte[] _array;

    private readonly int _used;

    private ScratchBuffer(byte[] array, int used)
    {
        _array = array;
        _used = used;
    }

    internal readonly Span<byte> Span => _array;

    /// <summary>Takes a buffer; its first <paramref name="sizeMin"/> bytes may be written, and are cleared when it is disposed of.</summary>
    internal static ScratchBuffer Take(int sizeMin)
    {
        byte[]? kept = _kept;
        if (kept is not null && kept.Length >= sizeMin)
        {
            // Taken, not lent: a call that is nested in this one finds none and rents.
            _kept = null;
            return new ScratchBuffer(kept, sizeMin);
        }

        byte[] array = sizeMin <= KeptSizeMax
            ? new byte[Math.Max(KeptSizeMin, (int)BitOperations.RoundUpToPowerOf2((uint)sizeMin))]
            : ArrayPool<byte>.Shared.Rent(sizeMin);
        return new ScratchBuffer(array, sizeMin);
    }

    public void Dispose() => Release(_used);

    /// <summary>Gives the buffer back when only its first <paramref name="used"/> bytes were written.</summary>
    internal void Release(int used)
    {
        byte[] array = _array;
        if (array is null)
            return;
        _array = null!;
        array.AsSpan(0, used).Clear();
        if (array.Length <= KeptSizeMax)
            _kept = array;
        else
            ArrayPool<byte>.Shared.Return(array);
    }
}
