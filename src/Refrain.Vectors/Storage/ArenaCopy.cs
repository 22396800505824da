using Microsoft.Win32.SafeHandles;

namespace Refrain.Vectors;

/// <summary>
/// Copies what is whole in a file that processes died of: head and records, by plain reads, without links, into real blocks. Whatever it was about the old file (a hole, a part
/// that was cut off, a link), the new one does not have it.
/// </summary>
internal static unsafe class ArenaCopy
{
    /// <summary>Makes the copy.</summary>
    /// <param name="from">The old file, whose superblock was found good.</param>
    /// <param name="superblock">That superblock.</param>
    /// <param name="path">Where the copy goes; what is there is replaced.</param>
    /// <returns>False: the disk refused to be read or written, and nothing is there.</returns>
    public static bool TryMake(SafeFileHandle from, in Superblock superblock, string path)
    {
        try
        {
            Make(from, superblock, path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(path);
            return false;
        }
    }

    private static void Make(SafeFileHandle from, in Superblock superblock, string path)
    {
        var layout = new RecordLayout((int)superblock.Dimensions, (int)superblock.ExtentSlotCount);
        int extentCount = (int)((RandomAccess.GetLength(from) - ArenaFile.HeadSize) / layout.ExtentSize);
        File.Delete(path);
        using FileStream stream = ArenaFile.CreateStream(path);
        SafeFileHandle to = stream.SafeFileHandle;
        if (!ArenaFile.TryReserve(to, 0, ArenaFile.HeadSize + extentCount * layout.ExtentSize))
            throw new IOException($"The disk has no room for a copy at '{path}'.");
        byte[] head = new byte[ArenaFile.HeadSize];
        ArenaFile.ReadFully(from, 0, head);
        RandomAccess.Write(to, head, 0);
        int slotsARead = Math.Max(1, (1 << 20) / layout.Stride);
        byte[] bytes = new byte[slotsARead * layout.Stride];
        for (int extent = 0; extent < extentCount; extent++)
            for (int first = 0; first < layout.ExtentSlotCount; first += slotsARead)
            {
                Span<byte> part = bytes.AsSpan(0, Math.Min(slotsARead, layout.ExtentSlotCount - first) * layout.Stride);
                long offset = ArenaFile.HeadSize + extent * layout.ExtentSize + (long)first * layout.Stride;
                ArenaFile.ReadFully(from, offset, part);
                KeepWhole(part, layout, superblock.FileNumber, (uint)(extent * layout.ExtentSlotCount + first));
                RandomAccess.Write(to, part, offset);
            }
        RandomAccess.FlushToDisk(to);
    }

    private static void KeepWhole(Span<byte> part, RecordLayout layout, ulong number, uint slot)
    {
        for (; part.Length > 0; part = part[layout.Stride..], slot++)
            fixed (byte* record = part)
                part[(layout.IsWhole(record, number, slot) ? layout.LinksOffset : 0)..layout.Stride].Clear();
    }
}
