using System.Diagnostics;
using System.Globalization;

namespace Refrain.Vectors.Tests;

/// <summary>What takes more than one process: a file that is cut off under its map, and a second opener. The children are this program; see <see cref="CrashChild"/>.</summary>
public sealed class ProcessTests
{
    private const int Dimensions = 64;
    private const int Count = 500;
    private const string Reader = "REFRAIN_VECTORS_READER_CHILD";
    private const string Opener = "REFRAIN_VECTORS_OPENER_CHILD";

    private readonly string _path = TestVectors.TempPath();

    private static VectorIndexOptions Options => new() { Dimensions = Dimensions, ExtentSlotCount = 256 };

    private static float[] VectorOf(int key) => TestVectors.Unit(new Random(key), Dimensions);

    // Goal: a process dies of a map without a file, which nothing can prevent; but it is not started to die again and again.
    [Fact]
    public void A_file_cut_off_under_a_process_kills_it_and_the_next_one_starts_clean()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a mapped file cannot be cut off.");
        using (Process child = Start(Reader))
        {
            Assert.Equal("searching", child.StandardOutput.ReadLine());
            using (FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                file.SetLength(Superblock.BlockSize * 2);
            Assert.True(child.WaitForExit(60_000));
            Assert.NotEqual(0, child.ExitCode);
        }
        using var index = VectorIndex.Open(_path, Options);
        Assert.Equal(RecoveryKind.SetAside, index.Recovery.Kind);
        Assert.True(index.Add(1, 1, VectorOf(1)));
        Assert.True(index.TryFind(1, VectorOf(1), 0.99f, out _));
    }

    // Goal: no two openers, whatever the runtime is told about locks.
    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    public void A_second_process_never_opens_the_file(string? disableLocking)
    {
        using var index = VectorIndex.Open(_path, Options);
        using Process child = Start(Opener, disableLocking);
        string? opened = child.StandardOutput.ReadLine();
        Assert.True(child.WaitForExit(60_000));
        Assert.Equal("0 of 50", opened);
        Assert.True(index.Add(1, 1, VectorOf(1)));
    }

    internal static void RunAsChildIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Reader) is { } read)
            SearchForEver(read);
        if (Environment.GetEnvironmentVariable(Opener) is { } open)
            TryOpen(open);
    }

    private static void SearchForEver(string path)
    {
        var index = VectorIndex.Open(path, Options);
        for (int key = 0; key < Count; key++)
            index.Add(1, (UInt128)(uint)key, VectorOf(key));
        Console.WriteLine("searching");
        Console.Out.Flush();
        for (int key = 0; ; key = (key + 1) % Count)
            index.TryFind(1, VectorOf(key), 0.99f, out _);
    }

    private static void TryOpen(string path)
    {
        const int AttemptCount = 50;
        int opened = 0;
        for (int attempt = 0; attempt < AttemptCount; attempt++)
            try
            {
                VectorIndex.Open(path, Options).Dispose();
                opened++;
            }
            catch (IOException)
            {
                // As it should be.
            }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{opened} of {AttemptCount}"));
        Console.Out.Flush();
        Environment.Exit(0);
    }

    private Process Start(string variable, string? disableLocking = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ProcessTests).Assembly.Location);
        start.Environment[variable] = _path;
        if (disableLocking is not null)
            start.Environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = disableLocking;
        return Process.Start(start)!;
    }
}
