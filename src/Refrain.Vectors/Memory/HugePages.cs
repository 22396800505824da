using System.Globalization;

namespace Refrain.Vectors;

/// <summary>Asks the system how much of some memory lies on huge pages.</summary>
internal static class HugePages
{
    private const string MapsPath = "/proc/self/smaps";

    /// <summary>Bytes on huge pages within the blocks; -1 where the system does not tell.</summary>
    /// <param name="blocks">Address and bytes of each.</param>
    public static long SizeWithin(IReadOnlyList<(nint Address, long Size)> blocks)
    {
        if (!File.Exists(MapsPath))
            return -1;
        try
        {
            return SizeWithin(blocks, File.ReadLines(MapsPath));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }

    /// <summary>As above, from the lines of the system's table of maps. Neighbouring maps may be told as one: then its huge pages count for our share of it, and no more than that.</summary>
    public static long SizeWithin(IReadOnlyList<(nint Address, long Size)> blocks, IEnumerable<string> lines)
    {
        (ulong Start, ulong End)[] wanted = [.. blocks.Select(block => ((ulong)block.Address, (ulong)block.Address + (ulong)block.Size))];
        long total = 0, ours = 0, huge = 0;
        foreach (string line in lines)
        {
            if (TryReadRange(line, out ulong start, out ulong end))
            {
                total += Math.Min(ours, huge);
                huge = 0;
                (ulong from, ulong to) = (start, end);
                ours = wanted.Sum(block => block.End > from && block.Start < to ? (long)(Math.Min(block.End, to) - Math.Max(block.Start, from)) : 0);
            }
            else if (ours > 0 && (line.StartsWith("AnonHugePages:", StringComparison.Ordinal) || line.StartsWith("ShmemPmdMapped:", StringComparison.Ordinal)
                || line.StartsWith("FilePmdMapped:", StringComparison.Ordinal)))
            {
                // "AnonHugePages:      2048 kB".
                huge += long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
            }
        }
        return total + Math.Min(ours, huge);
    }

    /// <summary>A line that begins a map: "7f00-7fff rw-p …", in hexadecimal.</summary>
    private static bool TryReadRange(string line, out ulong start, out ulong end)
    {
        int dash = line.IndexOf('-', StringComparison.Ordinal), space = line.IndexOf(' ', StringComparison.Ordinal);
        start = end = 0;
        return dash > 0 && space > dash && ulong.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
            && ulong.TryParse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out end);
    }
}
