using System.Reflection;
using System.Runtime.InteropServices;

namespace Refrain.Fuzz;

/// <summary>
/// Which branches the instrumented assemblies took: SharpFuzz writes a counter for each pair of branches into a map, as afl does. Here the map is
/// read in process, so that a smoke run follows new branches without a fuzzer installed.
/// </summary>
internal sealed class Coverage
{
    private const int MapSize = 1 << 16;

    private static readonly byte[] Empty = new byte[MapSize];

    // By name, not by reference: SharpFuzz takes an assembly that names this type for one that is instrumented already.
    private static readonly Type Trace = Assembly.Load("SharpFuzz.Common").GetType("SharpFuzz.Common.Trace", throwOnError: true)!;
    private static readonly FieldInfo Map = Trace.GetField("SharedMem")!;
    private static readonly FieldInfo PreviousBranch = Trace.GetField("PrevLocation")!;
    private static readonly object NoBranch = 0;

    // Made once and never freed: instrumented code writes to it from its first call to the last, on any thread.
    private static readonly IntPtr Counters = Marshal.AllocHGlobal(MapSize);

    private readonly byte[] _taken = new byte[MapSize];
    private readonly byte[] _seen = new byte[MapSize];

    /// <summary>Pairs of branches seen so far.</summary>
    public int SeenCount => _seen.Count(bits => bits != 0);

    /// <summary>Hands the map to the instrumented code, which cannot run without one. The field is a pointer; reflection sets it from an IntPtr, so that this project needs no unsafe code.</summary>
    public static void Install()
    {
        Marshal.Copy(Empty, 0, Counters, MapSize);
        Map.SetValue(null, Counters);
    }

    /// <summary>Forgets what the last call took.</summary>
    public static void Clear()
    {
        Marshal.Copy(Empty, 0, Counters, MapSize);
        PreviousBranch.SetValue(null, NoBranch);
    }

    /// <summary>Adds what was taken since <see cref="Clear"/> to what was seen.</summary>
    /// <returns>Whether there was anything new: a pair of branches, or one taken another order of magnitude often.</returns>
    public bool Learn()
    {
        Marshal.Copy(Counters, _taken, 0, MapSize);
        bool isNew = false;
        ReadOnlySpan<byte> taken = _taken;
        for (int at = taken.IndexOfAnyExcept((byte)0); at >= 0;)
        {
            byte bit = Magnitude(taken[at]);
            isNew |= (_seen[at] & bit) == 0;
            _seen[at] |= bit;
            int next = taken[(at + 1)..].IndexOfAnyExcept((byte)0);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return isNew;
    }

    private static byte Magnitude(byte count) => count switch
    {
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
