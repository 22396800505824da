using System.Buffers.Binary;

namespace Refrain.Fuzz;

/// <summary>Faults planted on purpose. A fuzzer that does not find them in seconds would find nothing else either.</summary>
internal static class CanaryTargets
{
    private const uint LengthMax = 16;

    /// <summary>One for each kind of finding.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("canary-crash", CrashBehindMagic, () => [new byte[12]]),
        new("canary-bomb", AllocateWhatTheInputSays, () => [[1, 0, 0, 0, 42]]),
    ];

    // Four bytes that must be guessed one after another: only a fuzzer that sees the branches gets there from zeros.
    private static void CrashBehindMagic(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8 || data[0] != (byte)'R')
            return;
        if (data[1] != (byte)'F')
            return;
        if (data[2] != (byte)'R')
            return;
        if (data[3] != (byte)'N')
            return;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
        if (length <= LengthMax)
            _ = data.Slice(8, (int)length);
    }

    private static void AllocateWhatTheInputSays(ReadOnlySpan<byte> data)
    {
        if (data.Length >= 4 && BinaryPrimitives.ReadInt32LittleEndian(data) is > 0 and < 1 << 30 and int length)
            GC.KeepAlive(GC.AllocateUninitializedArray<byte>(length));
    }
}
