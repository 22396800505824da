using System.Diagnostics;
using System.Runtime.InteropServices;
using Refrain.Vectors;

namespace Refrain.Benchmarks;

/// <summary>Rows 4 to 8 and 13: bits, blocks and lengths of the file that are not what they were, and files of another kind.</summary>
internal static class DamageFaults
{
    public static void Flips(FaultRun run)
    {
        byte[] whole = ArenaTruth.Filled(run.Path, 20);
        var layout = new RecordLayout(ArenaTruth.Dimensions, 256);
        int step = run.Full ? 1 : 10;
        int record = ArenaFile.HeadSize + 3 * layout.Stride, head = 2 * Superblock.BlockSize * 8;
        int[] bits = [.. Enumerable.Range(0, head), .. Enumerable.Range(record * 8, layout.Stride * 8)];
        int wrong = 0, refused = 0, count = 0;
        for (int i = run.Random.Next(step); i < bits.Length; i += step, count++)
        {
            run.Progress("4-6 every bit of superblocks and a record", i, bits.Length);
            byte[] bytes = [.. whole];
            bytes[bits[i] / 8] ^= (byte)(1 << (bits[i] % 8));
            VectorIndex index = Write(run, bytes);
            wrong += ArenaTruth.WrongIn(index) + (index.Count < 19 ? 1 : 0);
            refused += index.Recovery.Kind == RecoveryKind.SetAside ? 1 : 0;
            index.Dispose();
        }

        run.Report("4-6 every bit of superblocks and a record", count, wrong, ("files set aside", refused));
    }

    public static void Misplaced(FaultRun run)
    {
        byte[] other = ArenaTruth.Filled(run.Path, 16);
        byte[] whole = ArenaTruth.Filled(run.Path, 16);
        int stride = new RecordLayout(ArenaTruth.Dimensions, 256).Stride, wrong = 0, kept = 0;
        for (int from = 0; from < 16; from++)
            for (int to = 0; to < 16; to++)
            {
                byte[] bytes = [.. whole];
                // From another slot; or, into its own place, from an earlier life of the file.
                Array.Copy(from == to ? other : whole, ArenaFile.HeadSize + from * stride, bytes, ArenaFile.HeadSize + to * stride, stride);
                using VectorIndex index = Write(run, bytes);
                wrong += ArenaTruth.WrongIn(index);
                kept += index.Count > 15 ? 1 : 0;
            }

        run.Report("4-6 blocks in the place of others", 256, wrong + kept);
    }

    public static void Lengths(FaultRun run)
    {
        byte[] whole = ArenaTruth.Filled(run.Path);
        string memory = Directory.Exists("/dev/shm") ? $"/dev/shm/refrain-faults-{Environment.ProcessId}" : run.Path;
        foreach ((string row, string path, int full) in new[] { ("7 truncated, empty, extended, in memory", memory, 20_000), ("7 truncated, empty, extended, on disk", run.Path, 200) })
        {
            int count = run.Of(full), wrong = 0;
            for (int i = 0; i < count; i++)
            {
                run.Progress(row, i, count);
                byte[] bytes = [.. whole];
                Array.Resize(ref bytes, i switch { 0 => 0, 1 => whole.Length * 2, 2 => ArenaFile.HeadSize, _ => run.Random.Next(whole.Length + 4096) });
                File.WriteAllBytes(path, bytes);
                using var index = VectorIndex.Open(path, ArenaTruth.Options);
                wrong += ArenaTruth.WrongIn(index) + (index.Recovery.Kind == RecoveryKind.MemoryOnly ? 1 : 0);
            }

            run.Report(row, count, wrong);
        }

        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(memory)!, Path.GetFileName(memory) + "*"))
            File.Delete(file);
    }

    /// <summary>The process dies, which nothing can prevent; three times in a row it starts again with what is left.</summary>
    public static void CutOffWhileMapped(FaultRun run)
    {
        const string Row = "8 truncated while mapped";
        if (!OperatingSystem.IsLinux())
        {
            run.Skip(Row, "a mapped file cannot be cut off here");
            return;
        }

        int count = run.Of(50), wrong = 0;
        for (int i = 0; i < count; i++)
        {
            run.Progress(Row, i, count);
            foreach (string file in Directory.EnumerateFiles(run.Folder, "arena*"))
                File.Delete(file);
            for (int death = 0; death < 3; death++)
            {
                using Process child = FaultRun.StartChild("search", run.Path);
                wrong += child.StandardOutput.ReadLine() == "searching" ? 0 : 1;
                using (FileStream file = new(run.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                    file.SetLength(run.Random.Next((int)file.Length / 4));
                // Without a death here the child would search for ever.
                wrong += child.WaitForExit(30_000) ? 0 : 1;
            }

            using var index = VectorIndex.Open(run.Path, ArenaTruth.Options);
            wrong += ArenaTruth.WrongIn(index) + (index.Recovery.Kind == RecoveryKind.MemoryOnly ? 1 : 0);
        }

        run.Report(Row, count, wrong);
    }

    public static void ForeignFields(FaultRun run)
    {
        byte[] whole = ArenaTruth.Filled(run.Path, 20);
        string[] fields = [nameof(Superblock.FormatVersion), nameof(Superblock.ByteOrder), nameof(Superblock.Dimensions), nameof(Superblock.Stride), nameof(Superblock.Quantiser),
            nameof(Superblock.ExtentSlotCount), nameof(Superblock.SpaceDigest), nameof(Superblock.Magic)];
        int wrong = 0;
        foreach (string field in fields)
        {
            byte[] bytes = [.. whole];
            for (int copy = 0; copy < 2; copy++)
            {
                Span<byte> block = bytes.AsSpan(copy * Superblock.BlockSize, Superblock.BlockSize);
                block[(int)Marshal.OffsetOf<Superblock>(field)] ^= 0x41;
                Superblock changed = MemoryMarshal.Read<Superblock>(block);
                changed.Checksum = Superblock.ChecksumOf(changed);
                MemoryMarshal.Write(block, changed);
            }

            using VectorIndex index = Write(run, bytes);
            wrong += index.Recovery.Kind == RecoveryKind.SetAside && index.Count == 0 ? 0 : 1;
        }

        run.Report("13 a field of another format", fields.Length, wrong);
    }

    private static VectorIndex Write(FaultRun run, byte[] bytes)
    {
        File.WriteAllBytes(run.Path, bytes);
        return VectorIndex.Open(run.Path, ArenaTruth.Options);
    }
}
