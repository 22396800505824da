using System.Runtime.InteropServices;

namespace Refrain.Vectors.Tests;

/// <summary>Random vectors, and the truth about them.</summary>
internal static class TestVectors
{
    public static float[] Unit(Random random, int dimensions)
    {
        var vector = new float[dimensions];
        double squares = 0;
        for (int i = 0; i < dimensions; i++)
        {
            vector[i] = (float)Gaussian(random);
            squares += (double)vector[i] * vector[i];
        }
        float norm = (float)Math.Sqrt(squares);
        for (int i = 0; i < dimensions; i++)
            vector[i] /= norm;
        return vector;
    }

    /// <summary>A vector of length 1 at exactly the given cosine to <paramref name="vector"/>, in a random direction.</summary>
    public static float[] At(Random random, float[] vector, double similarity)
    {
        float[] noise = Unit(random, vector.Length);
        double along = Cosine(noise, vector);
        double rest = Math.Sqrt(1 - along * along);
        double across = Math.Sqrt(1 - similarity * similarity);
        return [.. vector.Zip(noise, (v, n) => (float)(similarity * v + across * (n - along * v) / rest))];
    }

    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
        }
        return dot / Math.Sqrt(aa * bb);
    }

    public static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>A place for a file, in memory where the system has such a place: these tests open files by the thousand, and a disk would be asked to flush each.</summary>
    public static string TempPath()
    {
        string folder = Directory.Exists("/dev/shm") ? Path.Combine("/dev/shm", $"refrain-vectors-{Guid.NewGuid():N}") : Directory.CreateTempSubdirectory("refrain-vectors-").FullName;
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return Path.Combine(folder, "arena");
    }

    public static byte[] Bytes(ReadOnlySpan<float> vector) => MemoryMarshal.AsBytes(vector).ToArray();
}
