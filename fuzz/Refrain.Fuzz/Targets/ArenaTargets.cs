using System.Runtime.InteropServices;
using Refrain.Vectors;

namespace Refrain.Fuzz;

/// <summary>
/// The arena file, as a crash, a bad disk or somebody else left it. An input is the start of each superblock, then the slots; the zeros between them are left out,
/// so that every byte of the input matters.
/// </summary>
internal static class ArenaTargets
{
    private const int Dimensions = 64;
    private const int SlotCount = 8;
    private const int SuperblockSize = 96;
    private const int VectorCount = 5;

    private static readonly UInt128 Space = 7;
    private static readonly VectorIndexOptions Options = new() { Dimensions = Dimensions, SpaceDigest = 3, ExtentSlotCount = SlotCount, Seed = 1 };
    private static readonly RecordLayout Layout = new(Dimensions, SlotCount);
    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"refrain-fuzz-{Environment.ProcessId}")).FullName;
    private static readonly float[][] Vectors = [.. Enumerable.Range(0, VectorCount).Select(VectorOf)];

    static ArenaTargets() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);

    /// <summary>Any file.</summary>
    public static void Raw(ReadOnlySpan<byte> data) => Open(Expand(data));

    /// <summary>A file whose superblocks are whole, whatever stands in them.</summary>
    public static void Forged(ReadOnlySpan<byte> data)
    {
        byte[] file = Expand(data);
        for (int copy = 0; copy < 2 && file.Length > ArenaFile.HeadSize; copy++)
        {
            ref Superblock block = ref MemoryMarshal.AsRef<Superblock>(file.AsSpan(copy * Superblock.BlockSize, Superblock.BlockSize));
            block.Magic = Superblock.MagicValue;
            block.FormatVersion = Superblock.CurrentVersion;
            block.ByteOrder = Superblock.ByteOrderValue;
            block.Checksum = Superblock.ChecksumOf(block);
        }

        Open(file);
    }

    /// <summary>A file with a few vectors, closed in order; one that is empty; one that is none.</summary>
    public static IEnumerable<byte[]> Files()
    {
        string path = Path.Combine(Folder, "corpus.arena");
        using (VectorIndex index = VectorIndex.Open(path, Options))
        {
            for (int i = 0; i < VectorCount; i++)
                index.Add(Space, (UInt128)(uint)i, Vectors[i]);
            index.Remove(Space, 1);
        }

        yield return Shrink(File.ReadAllBytes(path));
        File.Delete(path);
        VectorIndex.Open(path, Options).Dispose();
        yield return Shrink(File.ReadAllBytes(path));
        File.Delete(path);
        yield return [];
    }

    private static void Open(byte[] file)
    {
        string path = Path.Combine(Folder, "fuzz.arena");
        File.WriteAllBytes(path, file);
        using VectorIndex index = VectorIndex.Open(path, Options);
        foreach (float[] vector in Vectors)
        {
            if (index.TryFind(Space, vector, 0.9f, out VectorMatch match) && !(match.Similarity is >= -1.01f and <= 1.01f))
                throw new InvalidDataException($"A similarity of {match.Similarity}.");
        }

        int count = 0;
        foreach ((UInt128 space, UInt128 key) in index.EnumerateKeys())
        {
            count++;
            if (!index.Contains(space, key))
                throw new InvalidDataException("A key that is listed is not contained.");
        }

        if (count != index.Count)
            throw new InvalidDataException($"{count} keys are listed, and {index.Count} counted.");
        index.Remove(Space, 0);
        if (index.Contains(Space, 0))
            throw new InvalidDataException("A key that was removed is still there.");
    }

    private static byte[] Expand(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2 * SuperblockSize)
            return data.ToArray();
        ReadOnlySpan<byte> slots = data[(2 * SuperblockSize)..];
        byte[] file = new byte[ArenaFile.HeadSize + ((slots.Length + Layout.ExtentSize - 1) / Layout.ExtentSize * Layout.ExtentSize)];
        data[..SuperblockSize].CopyTo(file);
        data.Slice(SuperblockSize, SuperblockSize).CopyTo(file.AsSpan(Superblock.BlockSize));
        slots.CopyTo(file.AsSpan(ArenaFile.HeadSize));
        return file;
    }

    private static byte[] Shrink(byte[] file) =>
        [.. file.AsSpan(0, SuperblockSize), .. file.AsSpan(Superblock.BlockSize, SuperblockSize), .. file.AsSpan(ArenaFile.HeadSize)];

    private static float[] VectorOf(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
