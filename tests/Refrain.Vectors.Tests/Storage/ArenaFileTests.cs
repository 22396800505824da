using Microsoft.Extensions.Time.Testing;

namespace Refrain.Vectors.Tests;

public sealed class ArenaFileTests
{
    private const int Dimensions = 100;

    private readonly Random _random = new(20260102);
    private readonly FakeTimeProvider _time = new();
    private readonly string _path = TestVectors.TempPath();

    private VectorIndexOptions Options => new() { Dimensions = Dimensions, TimeProvider = _time, ExtentSlotCount = 64, SpaceDigest = 11 };

    private float[][] Fill(int count)
    {
        using var index = VectorIndex.Open(_path, Options);
        float[][] vectors = [.. Enumerable.Range(0, count).Select(_ => TestVectors.Unit(_random, Dimensions))];
        for (int i = 0; i < count; i++)
            Assert.True(index.Add((UInt128)(uint)(i % 3), (UInt128)(uint)i, vectors[i]));
        return vectors;
    }

    [Fact]
    public void What_was_stored_is_found_after_opening_again()
    {
        float[][] vectors = Fill(200);
        using var index = VectorIndex.Open(_path, Options);
        Assert.Equal(RecoveryKind.Clean, index.Recovery.Kind);
        Assert.Equal(200, index.Count);
        for (int i = 0; i < vectors.Length; i++)
        {
            Assert.True(index.TryFind((UInt128)(uint)(i % 3), vectors[i], 0.999f, out VectorMatch match));
            Assert.Equal((UInt128)(uint)i, match.Key);
        }
    }

    [Fact]
    public void A_first_opening_makes_private_files()
    {
        string path = Path.Combine(Path.GetDirectoryName(_path)!, "below", "arena");
        using var index = VectorIndex.Open(path, Options);
        Assert.Equal(RecoveryKind.Created, index.Recovery.Kind);
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path + ".lock"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_second_opener_gets_a_clear_error_and_harms_nothing()
    {
        using var index = VectorIndex.Open(_path, Options);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        index.Add(1, 1, vector);
        IOException error = Assert.ThrowsAny<IOException>(() => VectorIndex.Open(_path, Options));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
        Assert.True(index.TryFind(1, vector, 0.99f, out _));
    }

    [Fact]
    public void A_second_opener_is_kept_out_although_the_lock_beside_the_file_was_deleted()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The file's own lock is taken on Linux only.");
        using var index = VectorIndex.Open(_path, Options);
        File.Delete(_path + ".lock");
        Assert.ThrowsAny<IOException>(() => VectorIndex.Open(_path, Options));
        // Who copies the file meets no lock.
        Assert.Equal(new FileInfo(_path).Length, File.ReadAllBytes(_path).Length);
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(40, false)]
    public void A_file_that_two_processes_died_of_within_a_minute_is_copied_and_set_aside(int secondsBetween, bool isLoop)
    {
        float[][] vectors = Fill(100);
        // A process that dies leaves its note in the lock file, and the system frees its lock.
        byte[] notes = [];
        for (int death = 0; death < 2; death++)
        {
            using (VectorIndex.Open(_path, Options))
                notes = [.. notes, .. BitConverter.GetBytes(_time.GetUtcNow().ToUnixTimeMilliseconds())];
            Assert.Empty(File.ReadAllBytes(_path + ".lock"));
            _time.Advance(TimeSpan.FromSeconds(secondsBetween));
        }
        File.WriteAllBytes(_path + ".lock", notes);
        using var index = VectorIndex.Open(_path, Options);
        Assert.Equal(isLoop ? RecoveryKind.Unclean : RecoveryKind.Clean, index.Recovery.Kind);
        Assert.Equal(isLoop, index.Recovery.Reason?.Contains("died", StringComparison.Ordinal) == true);
        Assert.Equal(isLoop, File.Exists(_path + ".aside"));
        Assert.Equal(vectors.Length, index.Count);
        for (int i = 0; i < vectors.Length; i++)
            Assert.True(index.TryFind((UInt128)(uint)(i % 3), vectors[i], 0.999f, out VectorMatch match) && match.Key == (UInt128)(uint)i);
    }

    [Fact]
    public void A_file_of_another_kind_is_set_aside_and_told()
    {
        foreach (VectorIndexOptions other in new[] { Options with { Dimensions = 101 }, Options with { SpaceDigest = 12 } })
        {
            File.Delete(_path);
            Fill(10);
            using var index = VectorIndex.Open(_path, other);
            Assert.Equal(RecoveryKind.SetAside, index.Recovery.Kind);
            Assert.NotNull(index.Recovery.Reason);
            Assert.True(File.Exists(index.Recovery.SetAsidePath));
            Assert.Equal(0, index.Count);
        }
    }

    [Fact]
    public void A_file_of_another_kind_is_left_alone_if_the_options_say_so()
    {
        Fill(10);
        byte[] before = File.ReadAllBytes(_path);
        Assert.Throws<CorruptArenaException>(() => VectorIndex.Open(_path, Options with { SpaceDigest = 12, SetAsideDamaged = false }));
        Assert.Equal(before, File.ReadAllBytes(_path));
        using var index = VectorIndex.Open(_path, Options);
        Assert.Equal(10, index.Count);
    }

    [Fact]
    public void A_damaged_record_is_dropped_and_the_others_stay()
    {
        float[][] vectors = Fill(20);
        using (FileStream file = File.OpenWrite(_path))
        {
            // The code of slot 5.
            file.Position = ArenaFile.HeadSize + 5L * new RecordLayout(Dimensions, 64).Stride + 70;
            file.WriteByte(0x55);
            file.WriteByte(0xAA);
        }
        using var index = VectorIndex.Open(_path, Options);
        Assert.Equal(RecoveryKind.Unclean, index.Recovery.Kind);
        Assert.Equal(1, index.Recovery.DroppedCount);
        Assert.Equal(19, index.Count);
        Assert.False(index.TryFind(2, vectors[5], 0.9f, out _));
        Assert.True(index.TryFind(0, vectors[6], 0.99f, out _));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_leaves_an_index_in_memory()
    {
        string notADirectory = Path.Combine(Path.GetDirectoryName(_path)!, "file");
        File.WriteAllText(notADirectory, "");
        using var index = VectorIndex.Open(Path.Combine(notADirectory, "arena"), Options);
        Assert.Equal(RecoveryKind.MemoryOnly, index.Recovery.Kind);
        Assert.NotNull(index.Recovery.Reason);
        float[] vector = TestVectors.Unit(_random, Dimensions);
        Assert.True(index.Add(1, 1, vector));
        Assert.True(index.TryFind(1, vector, 0.99f, out _));
    }

    [Fact]
    public void A_flush_error_leaves_the_file_for_memory()
    {
        bool broken = false;
        float[] vector = TestVectors.Unit(_random, Dimensions);
        using (var index = VectorIndex.Open(_path, Options with { FlushFault = () => { if (broken) throw new IOException("No."); } }))
        {
            index.Add(1, 1, vector);
            index.Flush();
            broken = true;
            index.Flush();
            index.Add(1, 3, vector);
            Assert.Throws<IOException>(index.Flush);
            Assert.True(index.GetStatistics().Detached);
            broken = false;
            byte[] aside = File.ReadAllBytes(_path + ".aside");
            index.Add(1, 2, vector);
            Assert.True(index.TryFind(1, vector, 0.99f, out _));
            Assert.Throws<IOException>(index.Flush);
            Assert.Equal(aside, File.ReadAllBytes(_path + ".aside"));
        }
        using var again = VectorIndex.Open(_path, Options);
        Assert.Equal(RecoveryKind.Created, again.Recovery.Kind);
    }

    [Fact]
    public void What_had_expired_meanwhile_does_not_come_back()
    {
        float[] vector = TestVectors.Unit(_random, Dimensions);
        using (var index = VectorIndex.Open(_path, Options))
            index.Add(1, 1, vector, _time.GetUtcNow() + TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(11));
        using var again = VectorIndex.Open(_path, Options);
        Assert.Equal(0, again.Count);
    }
}
