using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;

namespace Refrain.Vectors.Tests;

/// <summary>Power cuts, flipped bits, misplaced blocks, truncations: an arena may lose, and never lies. Contents follow from the key, so that a wrong one shows.</summary>
public sealed class ArenaFaultTests
{
    private const int Dimensions = 64;
    private const int SectorSize = 512;

    private readonly FakeTimeProvider _time = new();
    private readonly string _path = TestVectors.TempPath();

    private VectorIndexOptions Options => new() { Dimensions = Dimensions, TimeProvider = _time, ExtentSlotCount = 64, SpaceDigest = 11 };

    /// <summary>The vector that belongs to a key in a version of it.</summary>
    private static float[] VectorOf(int key, int version) => TestVectors.Unit(new Random(key * 1000 + version), Dimensions);

    /// <summary>Asserts that whatever is found under a key is one of its versions.</summary>
    private static int AssertNoneWrong(VectorIndex index, int versionCount, string what)
    {
        int count = 0;
        var vector = new float[Dimensions];
        foreach ((UInt128 space, UInt128 key) in index.EnumerateKeys())
        {
            Assert.True(index.TryGetVector(space, key, vector), what);
            Assert.True(Enumerable.Range(0, versionCount).Any(version => TestVectors.Cosine(vector, VectorOf((int)key, version)) > 0.9999), $"{what}: key {key} holds a vector that was never stored under it.");
            Assert.Equal((UInt128)(uint)((int)key % 3), space);
            count++;
        }
        Assert.Equal(index.Count, count);
        return count;
    }

    [Fact]
    public void A_power_cut_leaves_whole_records_and_brings_nothing_back_that_was_removed_durably()
    {
        const int KeyCount = 100, CutCount = 50;
        var random = new Random(31);
        for (int cut = 0; cut < CutCount; cut++)
        {
            byte[] old, young;
            File.Delete(_path);
            using (var index = VectorIndex.Open(_path, Options))
            {
                for (int key = 0; key < KeyCount; key++)
                    index.Add((UInt128)(uint)(key % 3), (UInt128)(uint)key, VectorOf(key, 0));
                for (int key = 0; key < KeyCount; key += 5)
                    index.Remove((UInt128)(uint)(key % 3), (UInt128)(uint)key);
                index.Flush();
                old = File.ReadAllBytes(_path);
                for (int key = 1; key < KeyCount; key++)
                    if (key % 5 != 0 && random.Next(2) == 0)
                        index.Add((UInt128)(uint)(key % 3), (UInt128)(uint)key, VectorOf(key, 1));
                    else if (key % 5 != 0 && random.Next(4) == 0)
                        index.Remove((UInt128)(uint)(key % 3), (UInt128)(uint)key);
                young = Snapshot(_path);
            }
            Array.Resize(ref old, young.Length);
            for (int sector = 0; sector < young.Length / SectorSize; sector++)
                if (random.Next(2) == 0)
                    Array.Copy(old, sector * SectorSize, young, sector * SectorSize, SectorSize);
            File.WriteAllBytes(_path, young);
            using var after = VectorIndex.Open(_path, Options);
            AssertNoneWrong(after, 2, $"cut {cut}");
            for (int key = 0; key < KeyCount; key += 5)
                Assert.False(after.Contains((UInt128)(uint)(key % 3), (UInt128)(uint)key), $"cut {cut}: removed key {key} came back");
        }
    }

    [Fact]
    public void Any_flipped_bit_of_a_superblock_leaves_the_other_copy_to_be_used()
    {
        Fill(10, 0);
        byte[] whole = File.ReadAllBytes(_path);
        // Both copies are written by now: closing wrote the last, opening the one before.
        for (int copy = 0; copy < 2; copy++)
            for (int bit = 0; bit < Superblock.BlockSize * 8; bit++)
            {
                byte[] block = whole.AsSpan(copy * Superblock.BlockSize, Superblock.BlockSize).ToArray();
                Assert.True(MemoryMarshal.Read<Superblock>(block).IsWhole);
                block[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(MemoryMarshal.Read<Superblock>(block).IsWhole, $"bit {bit}");
                if (bit % 997 != 0)
                    continue;
                byte[] bytes = (byte[])whole.Clone();
                block.CopyTo(bytes, copy * Superblock.BlockSize);
                File.WriteAllBytes(_path, bytes);
                using var index = VectorIndex.Open(_path, Options);
                Assert.NotEqual(RecoveryKind.SetAside, index.Recovery.Kind);
                Assert.Equal(10, index.Count);
            }
    }

    [Fact]
    public void Any_flipped_bit_of_a_record_drops_it()
    {
        Fill(3, 0);
        byte[] whole = File.ReadAllBytes(_path);
        var layout = new RecordLayout(Dimensions, 64);
        int dropped = 0;
        int start = ArenaFile.HeadSize + layout.Stride;
        // From the scale on: the sequence is not content, and the links are derived.
        for (int bit = 32; bit < layout.LinksOffset * 8; bit++)
        {
            byte[] bytes = (byte[])whole.Clone();
            bytes[start + bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(_path, bytes);
            using var index = VectorIndex.Open(_path, Options);
            Assert.Equal(2, AssertNoneWrong(index, 1, $"bit {bit}"));
            dropped += index.Recovery.DroppedCount;
        }
        Assert.Equal(layout.LinksOffset * 8 - 32, dropped);
    }

    [Fact]
    public void A_record_in_the_place_of_another_or_of_another_life_of_the_file_is_dropped()
    {
        var layout = new RecordLayout(Dimensions, 64);
        Fill(16, 0);
        byte[] other = File.ReadAllBytes(_path);
        File.Delete(_path);
        Fill(16, 0);
        byte[] whole = File.ReadAllBytes(_path);
        for (int from = 0; from < 16; from++)
            for (int to = 0; to < 16; to++)
            {
                byte[] bytes = (byte[])whole.Clone();
                // From another slot of this file; or, into its own place, from the earlier file.
                byte[] source = from == to ? other : whole;
                Array.Copy(source, ArenaFile.HeadSize + from * layout.Stride, bytes, ArenaFile.HeadSize + to * layout.Stride, layout.Stride);
                File.WriteAllBytes(_path, bytes);
                using var index = VectorIndex.Open(_path, Options);
                Assert.Equal(15, AssertNoneWrong(index, 1, $"slot {from} in {to}"));
            }
    }

    [Fact]
    public void A_file_of_any_length_opens()
    {
        var random = new Random(32);
        Fill(150, 0);
        byte[] whole = File.ReadAllBytes(_path);
        for (int round = 0; round < 100; round++)
        {
            int length = round switch { 0 => 0, 1 => 1, 2 => Superblock.BlockSize, 3 => ArenaFile.HeadSize, 4 => whole.Length + 1, 5 => whole.Length * 2, _ => random.Next(whole.Length) };
            byte[] bytes = (byte[])whole.Clone();
            Array.Resize(ref bytes, length);
            File.WriteAllBytes(_path, bytes);
            using var index = VectorIndex.Open(_path, Options);
            AssertNoneWrong(index, 1, $"length {length}");
            Assert.True(index.Add(1, 1, VectorOf(1, 0)));
            if (length < whole.Length)
                Assert.NotEqual(RecoveryKind.Clean, index.Recovery.Kind);
        }
    }

    [Fact]
    public void Random_bytes_anywhere_open_without_harm()
    {
        var random = new Random(33);
        Fill(60, 0);
        byte[] whole = File.ReadAllBytes(_path);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = (byte[])whole.Clone();
            for (int i = random.Next(1, 50); i > 0; i--)
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - 64), random.Next(64)));
            File.WriteAllBytes(_path, bytes);
            using var index = VectorIndex.Open(_path, Options);
            AssertNoneWrong(index, 1, $"round {round}");
        }
    }

    [Theory]
    [InlineData(nameof(Superblock.FormatVersion))]
    [InlineData(nameof(Superblock.ByteOrder))]
    [InlineData(nameof(Superblock.Dimensions))]
    [InlineData(nameof(Superblock.Stride))]
    [InlineData(nameof(Superblock.Quantiser))]
    [InlineData(nameof(Superblock.SpaceDigest))]
    public void A_foreign_field_sets_the_file_aside_although_its_checksum_is_right(string field)
    {
        Fill(10, 0);
        byte[] bytes = File.ReadAllBytes(_path);
        int offset = (int)Marshal.OffsetOf<Superblock>(field);
        for (int copy = 0; copy < 2; copy++)
        {
            Span<byte> block = bytes.AsSpan(copy * Superblock.BlockSize, Superblock.BlockSize);
            block[offset] ^= 0x41;
            Superblock changed = MemoryMarshal.Read<Superblock>(block);
            changed.Checksum = Superblock.ChecksumOf(changed);
            MemoryMarshal.Write(block, changed);
        }
        File.WriteAllBytes(_path, bytes);
        using var index = VectorIndex.Open(_path, Options);
        Assert.Equal(RecoveryKind.SetAside, index.Recovery.Kind);
        Assert.Equal(0, index.Count);
        Assert.Equal(bytes, File.ReadAllBytes(index.Recovery.SetAsidePath!));
    }

    private void Fill(int count, int version)
    {
        using var index = VectorIndex.Open(_path, Options);
        for (int key = 0; key < count; key++)
            index.Add((UInt128)(uint)(key % 3), (UInt128)(uint)key, VectorOf(key, version));
    }

    /// <summary>The file as the kernel has it while it is mapped: what would reach the disk.</summary>
    private static byte[] Snapshot(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
