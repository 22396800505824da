using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Refrain.Benchmarks;

/// <summary>Reads vectors from files: .npy (f4 or f2), .fvecs, and raw .f32 and .f16.</summary>
internal static partial class VectorFile
{
    /// <summary>Reads at most <paramref name="countMax"/> vectors, and makes each one long.</summary>
    /// <exception cref="UsageException">The file is of no known kind.</exception>
    public static VectorSet Read(string path, int dimensions, int countMax)
    {
        byte[] bytes = File.ReadAllBytes(path);
        float[] values;
        switch (Path.GetExtension(path))
        {
            case ".f32":
                values = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
                break;
            case ".f16":
                values = Widen(bytes);
                break;
            case ".fvecs":
                dimensions = BitConverter.ToInt32(bytes);
                values = Flatten(MemoryMarshal.Cast<byte, float>(bytes), dimensions);
                break;
            case ".npy":
                int headerLength = bytes[6] == 1 ? BitConverter.ToUInt16(bytes, 8) : BitConverter.ToInt32(bytes, 8);
                int start = (bytes[6] == 1 ? 10 : 12) + headerLength;
                string header = Encoding.ASCII.GetString(bytes, 0, start);
                Match shape = Shape().Match(header);
                if (!shape.Success || header.Contains("True", StringComparison.Ordinal))
                    throw new UsageException($"'{path}' is no array of rows.");
                dimensions = int.Parse(shape.Groups["dimensions"].Value, CultureInfo.InvariantCulture);
                values = header.Contains("<f2", StringComparison.Ordinal) ? Widen(bytes.AsSpan(start)) : MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start)).ToArray();
                break;
            default:
                throw new UsageException($"'{path}' is neither .npy nor .fvecs nor .f32 nor .f16.");
        }

        int count = (int)Math.Min(countMax, values.Length / dimensions);
        var set = new VectorSet(values.AsSpan(0, count * dimensions).ToArray(), dimensions);
        for (int i = 0; i < count; i++)
            VectorSet.Normalise(set.Writable(i));
        return set;
    }

    private static float[] Widen(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
        var values = new float[halves.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)halves[i];
        return values;
    }

    private static float[] Flatten(ReadOnlySpan<float> rows, int dimensions)
    {
        int count = rows.Length / (dimensions + 1);
        var values = new float[count * dimensions];
        for (int i = 0; i < count; i++)
            rows.Slice((i * (dimensions + 1)) + 1, dimensions).CopyTo(values.AsSpan(i * dimensions));
        return values;
    }

    [GeneratedRegex(@"\(\d+, (?<dimensions>\d+)\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
