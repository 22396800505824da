using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>What an arena holds follows from its keys, so that whatever it says can be checked.</summary>
internal static class ArenaTruth
{
    public const int Dimensions = 64;
    public const int KeyCount = 200;

    public static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 256, FlushInterval = TimeSpan.FromMilliseconds(20), SpaceDigest = 11 };

    /// <summary>The vector that belongs to a key, in a version of it.</summary>
    public static float[] VectorOf(int key, int version)
    {
        var random = new Random((key * 16) + version);
        var vector = new float[Dimensions];
        for (int i = 0; i < Dimensions; i++)
            vector[i] = (float)(random.NextDouble() - 0.5);
        VectorSet.Normalise(vector);
        return vector;
    }

    /// <summary>How many keys hold what was never stored under them, or are there and not found.</summary>
    public static int WrongIn(VectorIndex index)
    {
        int wrong = 0;
        var vector = new float[Dimensions];
        foreach ((UInt128 space, UInt128 key) in index.EnumerateKeys())
        {
            // In namespace 2 all expires soon: it may go, even between these two calls, and is not found any more before that.
            bool isThere = index.TryGetVector(space, key, vector);
            bool isTrue = isThere && (IsNear(vector, VectorOf((int)key, 0)) || IsNear(vector, VectorOf((int)key, 1)));
            bool isFound = isThere && index.TryFind(space, vector, 0.999f, out VectorMatch match) && match.Key == key;
            if ((isThere && !isTrue) || (space == 1 && !isFound) || space > 2)
                wrong++;
        }

        return wrong;

        // Rounding to twelve bits changes the length a little, and with it the product.
        static bool IsNear(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum() > 0.999f;
    }

    public static void Fill(VectorIndex index, int count, int version = 0)
    {
        for (int key = 0; key < count; key++)
            index.Add(1, (UInt128)(uint)key, VectorOf(key, version));
    }

    /// <summary>A file with all keys, closed in order.</summary>
    public static byte[] Filled(string path, int count = KeyCount)
    {
        File.Delete(path);
        using (var index = VectorIndex.Open(path, Options))
            Fill(index, count);
        return File.ReadAllBytes(path);
    }

    /// <summary>The file as it would reach the disk while it is mapped.</summary>
    public static byte[] Snapshot(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
