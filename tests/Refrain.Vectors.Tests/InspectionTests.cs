namespace Refrain.Vectors.Tests;

/// <summary>The index examines itself, and tells what it finds, good or bad.</summary>
public sealed class InspectionTests
{
    private const int Dimensions = 64;
    private const int Count = 4500;

    private static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 1024, Seed = 5 };

    private static void Fill(VectorIndex index)
    {
        var random = new Random(81);
        for (uint key = 0; key < Count; key++)
            index.Add(1, key, TestVectors.Unit(random, Dimensions));
        Assert.True(SpinWait.SpinUntil(() => index.GetStatistics().UnlinkedCount == 0, TimeSpan.FromMinutes(10)), "The graph is never finished.");
    }

    [Fact]
    public void A_sound_index_is_found_sound()
    {
        using var index = VectorIndex.Create(Options);
        Fill(index);
        index.Add(2, 1, TestVectors.Unit(new Random(1), Dimensions));
        VectorIndexInspection found = index.Inspect(50);
        Assert.Equal(50, found.SampleCount);
        Assert.InRange(found.Recall, 0.8, 1);
        Assert.Equal(Count, found.LinkedCount);
        Assert.Equal(0, found.UnreachableCount);
        Assert.InRange(found.DegreeMin, 1, found.DegreeMean);
        VectorIndexStatistics statistics = index.GetStatistics();
        Assert.Equal(statistics.RecordSize + statistics.SketchSize + statistics.TableSize, found.MappedSize);
        Assert.InRange(found.HugePageSize, OperatingSystem.IsLinux() ? 0 : -1, found.MappedSize);
    }

    // Goal: the examination can fail. Method: links that join the nodes in pairs, and to nothing else.
    [Fact]
    public void A_graph_in_pieces_is_found_to_be_so()
    {
        string path = TestVectors.TempPath();
        using (var index = VectorIndex.Open(path, Options))
            Fill(index);
        byte[] bytes = File.ReadAllBytes(path);
        var layout = new RecordLayout(Dimensions, 1024);
        for (int slot = 0; slot < Count; slot++)
        {
            int record = (int)(ArenaFile.HeadSize + slot / 1024 * layout.ExtentSize + slot % 1024 * (long)layout.Stride);
            Span<byte> links = bytes.AsSpan(record + layout.LinksOffset, RecordLayout.LinkCount * sizeof(uint));
            links.Clear();
            BitConverter.TryWriteBytes(links, (slot ^ 1) + 1);
        }
        File.WriteAllBytes(path, bytes);
        using var again = VectorIndex.Open(path, Options with { SketchesPerCandidate = 0 });
        Assert.True(SpinWait.SpinUntil(() => again.GetStatistics().UnlinkedCount == 0, TimeSpan.FromMinutes(10)));
        VectorIndexInspection found = again.Inspect(50);
        Assert.Equal(Count - 2, found.UnreachableCount);
        Assert.Equal(1, found.DegreeMin);
        Assert.InRange(found.Recall, 0, 0.7);
    }

    [Fact]
    public void An_empty_index_is_inspected_without_harm()
    {
        using var index = VectorIndex.Create(Options);
        VectorIndexInspection found = index.Inspect();
        Assert.Equal(0, found.SampleCount);
        Assert.True(double.IsNaN(found.Recall));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Inspect(0));
    }

    [Fact]
    public void Huge_pages_are_read_from_the_systems_table_and_counted_for_our_share_only()
    {
        string[] lines =
        [
            "7f0000000000-7f0000800000 rw-p 00000000 00:00 0", "Size:               8192 kB", "AnonHugePages:      4096 kB", "FilePmdMapped:         0 kB",
            "7f0001000000-7f0001400000 rw-s 00010000 08:01 12   /var/arena", "AnonHugePages:         0 kB", "FilePmdMapped:      2048 kB",
            "7f0002000000-7f0002400000 rw-p 00000000 00:00 0", "AnonHugePages:      4096 kB",
        ];
        const long Mebibyte = 1 << 20;
        Assert.Equal(6 * Mebibyte, HugePages.SizeWithin([At(0x7f0000000000, 8), At(0x7f0001000000, 4)], lines));
        Assert.Equal(1 * Mebibyte, HugePages.SizeWithin([At(0x7f0000700000, 1)], lines));
        Assert.Equal(0, HugePages.SizeWithin([At(0x7f0003000000, 8)], lines));

        static (nint Address, long Size) At(long address, int mebibytes) => ((nint)address, mebibytes * Mebibyte);
    }

    [Fact]
    public void Small_namespaces_by_the_thousand_cost_next_to_nothing_and_lose_nothing()
    {
        const int SpaceCount = 3000;
        using var index = VectorIndex.Create(Options);
        var random = new Random(82);
        float[][] vectors = [.. Enumerable.Range(0, 64).Select(_ => TestVectors.Unit(random, Dimensions))];
        long before = index.GetStatistics().MemorySize;
        for (uint space = 0; space < SpaceCount; space++)
            for (uint key = 0; key < 2; key++)
                index.Add(space, key, vectors[(space + key) % vectors.Length]);
        VectorIndexStatistics statistics = index.GetStatistics();
        Assert.Equal(SpaceCount, statistics.NamespaceCount);
        Assert.Equal(0, statistics.TableSize);
        // Record, sketch, place in the list and in the table of keys; an extent may be begun.
        var layout = new RecordLayout(Dimensions, 1024);
        long most = 2L * SpaceCount * (layout.Stride + HammingKernels.SketchSize + 64) + layout.ExtentSize + 1025 * HammingKernels.SketchSize + (1 << 20);
        Assert.InRange(statistics.MemorySize - before, 0, most);
        for (uint space = 0; space < SpaceCount; space++)
            Assert.True(index.TryFind(space, vectors[space % vectors.Length], 0.999f, out VectorMatch match) && match.Key == 0);
    }
}
